// The audit log as a file and as lines: read again whole, harmless in a spreadsheet, never too long for a message.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { AuditEntry } from '../../src/audit/audit.ts';
import { exportAudit, readDay } from '../../src/audit/export.ts';
import { linesPerPage, logLine } from '../../src/audit/log-line.ts';
import { messageLimit } from '../../src/discord/limits.ts';
import { en } from '../../src/texts/en/en.ts';
import { readCsv } from './csv.ts';

const entry = (more: Partial<AuditEntry> = {}): AuditEntry => ({
  id: '0mdabc',
  at: Date.UTC(2026, 7, 5, 12, 30),
  action: 'rejected',
  actorId: '20',
  ...more,
});

const text = fc.string({ unit: 'grapheme', maxLength: 40 });
const anyEntry = fc
  .record({
    reason: fc.record({ note: text }),
    memberId: fc.stringMatching(/^\d{1,20}$/),
    details: fc.dictionary(text, text, { maxKeys: 3 }),
  })
  .map((more) => entry(more));

describe('CSV', () => {
  test('has one row for each entry, with its time in words and its details as JSON', () => {
    const full = entry({
      memberId: '30',
      editId: '40',
      reason: { note: 'a "reason",\nin two lines' },
      details: { spoiler: true },
    });
    expect(readCsv(exportAudit([full, entry()], 'csv'))).toEqual([
      ['id', 'time', 'action', 'actor', 'member', 'edit', 'reason', 'details'],
      [
        '0mdabc',
        '2026-08-05T12:30:00.000Z',
        'rejected',
        '20',
        '30',
        '40',
        'a "reason",\nin two lines',
        '{"spoiler":true}',
      ],
      ['0mdabc', '2026-08-05T12:30:00.000Z', 'rejected', '20', '', '', '', ''],
    ]);
  });

  test.each(['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', '\r=1', ' =1', '\u200b=1', '＝1', '\n-1'])(
    'makes no formula of %j',
    (reason) => {
      const [, row] = readCsv(exportAudit([entry({ reason: { note: reason } })], 'csv'));
      expect(row?.[6]).toBe(`'${reason}`);
    },
  );

  test('reads back as it was, whatever was written', () => {
    fc.assert(
      fc.property(fc.array(anyEntry, { maxLength: 4 }), (entries) => {
        const rows = readCsv(exportAudit(entries, 'csv')).slice(1);
        expect(rows.map((row) => row[6]?.replace(/^'/, ''))).toEqual(
          entries.map(({ reason }) => (reason?.note ?? '').replace(/^'/, '')),
        );
        expect(rows.map((row) => JSON.parse(row[7] ?? ''))).toEqual(entries.map(({ details }) => ({ ...details })));
      }),
    );
  });
});

test('JSON Lines read back as they were, with the time in words', () => {
  fc.assert(
    fc.property(fc.array(anyEntry, { maxLength: 4 }), (entries) => {
      const lines = exportAudit(entries, 'jsonl').split('\n').slice(0, -1);
      const expected = entries.map((one) => ({ ...one, reason: one.reason?.note, time: '2026-08-05T12:30:00.000Z' }));
      expect(lines.map((line) => JSON.parse(line))).toEqual(JSON.parse(JSON.stringify(expected)));
    }),
  );
});

test.each([
  ['2026-08-31', Date.UTC(2026, 7, 31)],
  [' 2024-02-29 ', Date.UTC(2024, 1, 29)],
  ['2026-02-29', undefined],
  ['2026-13-01', undefined],
  ['31.8.2026', undefined],
  ['2026-8-1', undefined],
  ['', undefined],
])('the day %j', (day, start) => {
  expect(readDay(day)).toBe(start);
});

test('a reason is the same in every language: what was undone by its name, what was chosen in English', () => {
  const reasons = [{ key: 'approved-spoiler' }, { key: 'nsfw', note: 'n' }, { note: 'only' }] as const;
  const entries = reasons.map((reason) => entry({ action: 'undone', reason }));
  const lines = exportAudit(entries, 'jsonl').trimEnd().split('\n');
  expect(lines.map((line) => JSON.parse(line).reason)).toEqual([
    'approved-spoiler',
    'Not safe for this server: n',
    'only',
  ]);
});

describe('a line', () => {
  const changed = (setting: string, from: string, to: string) =>
    logLine(entry({ action: 'setting-changed', details: { setting, from, to } }), en);

  test('mentions channels and roles, and says what was chosen in words', () => {
    expect(changed('moderator-role', 'none', '223456789012345678')).toContain('from: none, to: <@&223456789012345678>');
    expect(changed('review-channel', 'none', '223456789012345678')).toContain('to: <#223456789012345678>');
    expect(changed('review-channel', 'none', '<@everyone>')).toContain('\\<');
    expect(changed('flagged', 'hold', 'quarantine')).toContain('from: hold, to: quarantine');
  });

  test.each(['__proto__', 'constructor', 'toString'])('shows %s as the word that it is', (word) => {
    const details = JSON.parse(`{"${word}": "x", "setting": "${word}"}`);
    expect(logLine(entry({ action: 'setting-changed', details }), en)).toContain(
      `setting: ${word.replaceAll('_', '\\_')}`,
    );
  });

  test('says who did what about whom, when and why', () => {
    expect(
      logLine(entry({ memberId: '30', editId: '40', reason: { note: 'too *bold*' }, details: { spoiler: true } }), en),
    ).toBe('<t:1785933000:f> **rejected** · <@30> · by <@20> · edit `40` · too \\*bold\\* · spoiler: true');
    expect(logLine(entry({ action: 'held', actorId: 'bot', memberId: '30' }), en)).toBe(
      '<t:1785933000:f> **held** · <@30>',
    );
  });

  test('stays one line, and a page of the longest ones fits into a message', () => {
    const id = '9'.repeat(20);
    fc.assert(
      fc.property(fc.string({ unit: 'binary', minLength: 200 }), (hostile) => {
        const texts = { reason: { note: hostile }, details: { prompt: hostile, [hostile]: true } };
        const ids = { actorId: id, memberId: id, editId: id };
        const line = logLine(entry({ ...ids, ...texts, action: 'approved-spoiler' }), en);
        expect(line).not.toContain('\n');
        expect((line.length + 1) * linesPerPage + 80).toBeLessThanOrEqual(messageLimit);
      }),
    );
  });
});
