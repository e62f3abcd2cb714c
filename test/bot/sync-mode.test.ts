// RUNFLOW_SYNC_MODE: the picture comes inside Runflow's answer. No record holds its bytes; they lie beside it until the
// picture is posted, also through a crash or a lost answer.
import { expect, it } from 'vitest';
import { createRecords } from '../../src/edit/records.ts';
import { createSqliteStore } from '../../src/store/sqlite.ts';
import { createLab, type Lab, storePath } from '../lab.ts';
import { minuteMs, pause, sha256, vera } from '../support.ts';
import { createModeratedLab, holdOne, pressCard } from './review-cards.ts';

const env = { RUNFLOW_SYNC_MODE: 'true' };

/** The record of an edit as JSON, and what is kept beside it. */
async function stored(lab: Lab, editId: string): Promise<{ record: string; inline: string | undefined }> {
  const store = createSqliteStore(storePath(lab));
  try {
    const record = JSON.stringify(await createRecords(store, minuteMs).load(editId));
    return { record, inline: await store.space<string>('inline').get(`${lab.runs()[0]?.id}/0`) };
  } finally {
    await store.close();
  }
}

const outputOf = (lab: Lab) => sha256(lab.runs()[0]?.files[0]?.bytes);

it('keeps the picture beside the record while it is held, posts it, and then nowhere', async () => {
  const lab = await createModeratedLab({}, { env });
  const { edit, card } = await holdOne(lab);
  expect(sha256(card.attachments[0]?.bytes)).toBe(outputOf(lab));
  const held = await stored(lab, edit.id);
  expect(held.record).toContain('"state":"held"');
  expect(held.record).not.toContain('data:image');
  expect(held.record.length).toBeLessThan(4_000);
  expect(held.inline).toMatch(/^data:image/);
  await pressCard(lab, vera, card, 'review-approve');
  await lab.until('the picture', () => lab.results().length === 1);
  expect(sha256(lab.results()[0]?.attachments[0]?.bytes)).toBe(outputOf(lab));
  await expect.poll(async () => (await stored(lab, edit.id)).inline).toBeUndefined();
});

it('goes on after a restart, and without an answer, with the picture of the one run', async () => {
  for (const fault of [undefined, 'reset-after'] as const) {
    const lab = await createLab({ env });
    if (fault) lab.runflow.standIn.fault({ method: 'POST', path: /\/runs$/, kind: fault });
    else lab.discord.standIn.fault({ method: 'PATCH', path: /%40original/, kind: 'answer', status: 500, times: 1_000 });
    const edit = lab.edit('sepia');
    if (!fault) {
      await lab.until('a delivery', () => lab.logs.some(({ msg }) => msg === 'delivery put off'));
      await lab.stop();
      expect((await stored(lab, edit.id)).inline).toMatch(/^data:image/);
      lab.discord.standIn.clearFaults();
      await lab.start();
    }
    await lab.until('the picture', () => lab.results().length === 1);
    expect(sha256(lab.results()[0]?.attachments[0]?.bytes)).toBe(outputOf(lab));
    expect(lab.runs()).toHaveLength(1);
    await pause(50);
    expect((await stored(lab, edit.id)).record).not.toContain('data:image');
    await lab.close();
  }
});

it('takes pictures from inside answers and callbacks without the mode as well, and keeps no bytes in the record', async () => {
  const lab = await createLab();
  lab.runflow.plan({ dataUris: true });
  const edit = lab.edit('pixelate');
  await lab.until('the picture', () => lab.results().length === 1);
  expect(sha256(lab.results()[0]?.attachments[0]?.bytes)).toBe(outputOf(lab));
  await lab.until('the end', () => lab.logs.some(({ msg }) => msg === 'edit delivered'));
  const { record, inline } = await stored(lab, edit.id);
  expect(record).not.toContain('data:image');
  expect(inline).toBeUndefined();
});
