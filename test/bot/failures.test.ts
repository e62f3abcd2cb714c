// How an edit ends that brought no picture: one sentence for one cause, to its requester alone, with the prompt; and the
// operator, where only the operator can help.
import { describe, expect, it } from 'vitest';
import type { Interaction } from '../../sandbox/discord/discord.ts';
import type { Fault } from '../../sandbox/server.ts';
import type { Failed } from '../../src/edit/record.ts';
import { sayFailure } from '../../src/result/tell-failure.ts';
import { en } from '../../src/texts/en/en.ts';
import { accepted } from '../edit/examples.ts';
import { serve } from '../http-server.ts';
import { createLab, type Lab } from '../lab.ts';
import { at, hourMs, mia, noah } from '../support.ts';
import { directMessages } from './review-cards.ts';

const reads = (lab: Lab) =>
  lab.runflow.standIn.requests.filter(({ method, path }) => method === 'GET' && /^\/v1\/runs\/[^/?]+/.test(path));

/** What only its requester sees of an edit. */
async function heard(lab: Lab, edit: Interaction): Promise<string> {
  await lab.until('the end', () => edit.followups().length > 0);
  expect(edit.followups().map(({ ephemeralFor }) => ephemeralFor)).toEqual([lab.discord.world.user('mia').id]);
  expect(edit.original()).toBeUndefined();
  return edit.followups()[0]?.content ?? '';
}

/** A filter of Discord's that refuses a word, wherever it stands in a message. */
const takesNo = (word: string): Fault => ({
  path: /\/(?:messages|webhooks)\b/,
  kind: 'answer',
  status: 400,
  body: { code: 240000, message: 'Message blocked by harmful links filter' },
  when: ({ json }) => JSON.stringify(json ?? '').includes(word),
  times: 1_000,
});

describe('a failure', () => {
  it('is told to its requester alone, with the prompt, and leaves nothing in the channel', async () => {
    const lab = await createLab();
    const edit = lab.edit('make it  *snow* [failed]');
    expect(await heard(lab, edit)).toBe(
      "> make it \\*snow\\* \\[failed\\]\nThe model couldn't make this edit. Try another prompt or picture. Nothing was charged.",
    );
    expect(lab.discord.visible('general', 'noah')).toEqual([]);
    expect(reads(lab), 'why and what it cost is read once').toHaveLength(1);
  });

  it.each([
    ['INPUT_FETCH_FAILED', '', 'could not be fetched: its address'],
    ['file_download_error', '', 'could not be fetched: its address'],
    ['PROVIDER_ERROR', 'Input image 1 could not be fetched: 403', 'could not be fetched: its address'],
    ['INPUT_NOT_AN_IMAGE', '', "can't be read"],
    ['PROVIDER_ERROR', 'cannot identify: unsupported image', "can't be read"],
    ['CONTENT_POLICY_VIOLATION', '', "model's own filter"],
    ['PROVIDER_ERROR', 'Request was moderated', "model's own filter"],
    ['PROVIDER_ERROR', 'out of memory', "couldn't make this edit"],
  ])('has the sentence of its cause: %s %s', async (code, message, words) => {
    const lab = await createLab();
    // The callback says no more than that it failed.
    lab.runflow.plan({ failure: { code, message } });
    expect(await heard(lab, lab.edit('blur'))).toContain(words);
    expect(reads(lab)).toHaveLength(1);
  });

  it('of a result that was flagged and has no picture says so', async () => {
    const lab = await createLab();
    lab.runflow.plan({ nsfw: true, tellings: [{ output: 'film' }] });
    expect(await heard(lab, lab.edit('blur'))).toContain('The model flagged the result');
  });

  it('is told directly when the token is gone; then what still "thinks" in the channel goes too', async () => {
    const lab = await createLab();
    lab.runflow.hold();
    const edit = lab.edit('blur [failed]');
    await lab.until('the run', () => lab.runs().length === 1);
    lab.discord.expireToken(edit);
    lab.runflow.release();
    await lab.until('the letter', () => directMessages(lab, 'mia').length === 1);
    expect(directMessages(lab, 'mia')[0]).toContain("couldn't make this edit");
    expect(lab.discord.messages('dm-mia')[0]?.content).toMatch(/^-# \*\*darkroom-lab\*\* · <#\d+> · https:.*\n> blur /);
    expect(lab.discord.messages('general')).toEqual([]);
  });

  it('is known in the channel only where its requester cannot be told, and then without what and why', async () => {
    const lab = await createLab();
    lab.discord.closeDms('mia');
    lab.runflow.hold();
    const edit = lab.edit('blur [failed]');
    await lab.until('the run', () => lab.runs().length === 1);
    lab.discord.expireToken(edit);
    lab.runflow.release();
    await lab.until('a line', () => lab.discord.messages('general').some(({ loading }) => !loading));
    const { id } = lab.discord.world.user('mia');
    expect(lab.discord.messages('general').map(({ content }) => content)).toEqual([
      `<@${id}>\nYour edit didn't work out. You take no direct messages from me, so I can't say more here.`,
    ]);
  });

  it('in a direct message stands in the reply', async () => {
    const lab = await createLab();
    const message = await lab.edit('blur [failed]', {}, at(mia, 'dm')).replied();
    expect(message.content).toContain("> blur \\[failed\\]\nThe model couldn't make this edit.");
    expect(message.ephemeralFor).toBeUndefined();
  });

  it('is told without the prompt where a filter does not take that, in the channel, directly and in a direct message', async () => {
    const lab = await createLab();
    const failure = "The model couldn't make this edit.";
    lab.discord.standIn.fault(takesNo('evil'));
    expect(await heard(lab, lab.edit('evil [failed]'))).toContain(failure);

    const message = await lab.edit('evil [failed]', {}, at(mia, 'dm')).replied();
    expect(message.content).toMatch(/^The model couldn't make this edit\./);

    lab.runflow.hold();
    const late = lab.edit('evil [failed]');
    await lab.until('the run', () => lab.runs().length === 3);
    lab.discord.expireToken(late);
    lab.runflow.release();
    await lab.until('the letter', () => directMessages(lab, 'mia').some((text) => text.startsWith(failure)));
  });
});

it('a picture that can only be sent directly is, without the prompt where a filter does not take that', async () => {
  const lab = await createLab();
  lab.discord.standIn.fault(takesNo('evil'));
  lab.runflow.hold();
  const edit = lab.edit('evil');
  await lab.until('the run', () => lab.runs().length === 1);
  lab.discord.expireToken(edit);
  lab.discord.deny('general', 'ATTACH_FILES');
  lab.runflow.release();
  await lab.until('the picture', () => lab.results('dm-mia').length === 1);
});

describe('what a failure cost', () => {
  const failed = (more: Partial<Failed>): Failed => {
    const { tries: _tries, sentAt: _sentAt, looks: _looks, ...edit } = accepted();
    return {
      ...edit,
      state: 'failed',
      runId: 'run-1',
      reason: 'run-failed',
      detail: '',
      closedAt: 1,
      told: false,
      ...more,
    };
  };
  it.each([
    [{ charged: false }, true],
    [{ charged: undefined }, false],
    [{ charged: true }, false],
    [{ runId: undefined, reason: 'busy' }, true],
    [{ runId: undefined, reason: 'uncertain' }, false],
    [{ reason: 'timeout' }, false],
  ] satisfies [Partial<Failed>, boolean][])('is said to be nothing only where that is on record: %j', (more, free) => {
    expect(sayFailure(failed(more), false, en).includes('Nothing was charged')).toBe(free);
  });

  it('is said also of a run that brought something that cannot be shown, though its callback says nothing of it', async () => {
    const lab = await createLab();
    lab.runflow.plan({ outputBytes: Buffer.from('no picture') });
    expect(await heard(lab, lab.edit('blur'))).toContain(
      'What the model sent back is not a picture. Please try again. It was charged all the same.',
    );
  });

  it('and the limit that a picture does not keep are said', () => {
    expect(sayFailure(failed({ charged: true }), false, en)).toContain('It was charged all the same.');
    const large = failed({ reason: 'too-large', mostBytes: 10 * 2 ** 20 });
    expect(sayFailure(large, false, en)).toContain('A file may have 10 MiB here.');
    const output = failed({ reason: 'output-large', mostBytes: 64 * 2 ** 20 });
    expect(sayFailure(output, false, en)).toContain(
      'too large for me to fetch. Try a smaller `size`. It may have 64 MiB.',
    );
  });
});

describe('the operator', () => {
  const told = 'They have been told.';

  it('is told once an hour of what only they can mend, and nobody else reads of their money', async () => {
    const lab = await createLab();
    const edits = [lab.edit('blur [credit]'), lab.edit('sepia [credit]')];
    for (const edit of edits) {
      const words = await heard(lab, edit);
      expect(words).toContain(told);
      expect(words).not.toMatch(/credit(?!\\\])|money|top/i);
    }
    expect(lab.discord.messages('dm-otto').map(({ content }) => content)).toEqual([
      expect.stringContaining('the Runflow credit has run out.'),
    ]);
    await heard(lab, lab.edit('blur [badkey]'));
    expect(directMessages(lab, 'otto')[1]).toContain('RUNFLOW_API_KEY');
    lab.clock.move(hourMs + 1);
    await heard(lab, lab.edit('mirror [credit]'));
    expect(directMessages(lab, 'otto')).toHaveLength(3);
  });

  it('is not said to be told when nothing has left', async () => {
    const lab = await createLab();
    lab.discord.closeDms('otto');
    const words = await heard(lab, lab.edit('blur [credit]'));
    expect(words).toContain('whoever operates this bot. Nothing was charged.');
    expect(words).not.toContain('told');
    expect(lab.logs.some(({ msg }) => msg.includes('the operator cannot be told'))).toBe(true);
  });

  it('of a team is its owner, and else a member who has joined it', async () => {
    const lab = await createLab();
    const { world } = lab.discord;
    const member = (name: string, state: number) => ({ membership_state: state, user: { id: world.user(name).id } });
    const body = {
      id: world.application.id,
      owner: { id: '1' },
      team: { owner_user_id: world.user('vera').id, members: [member('otto', 1), member('noah', 2)] },
    };
    lab.discord.standIn.fault({
      method: 'GET',
      path: /applications\/@me/,
      kind: 'answer',
      status: 200,
      body,
      times: 9,
    });
    lab.discord.closeDms('vera');
    expect(await heard(lab, lab.edit('blur [credit]'))).toContain(told);
    expect([directMessages(lab, noah.user).length, directMessages(lab, 'otto').length]).toEqual([1, 0]);
  });

  it('reads it at ALERT_WEBHOOK_URL, and in a direct message while that takes nothing', async () => {
    let status = 204;
    const hook = await serve((_request, response) => void response.writeHead(status).end());
    try {
      const lab = await createLab({ env: { ALERT_WEBHOOK_URL: `${hook.url}/hooks/secret-path` } });
      expect(await heard(lab, lab.edit('blur [credit]'))).toContain(told);
      const [sent] = hook.received.map(({ body }) => JSON.parse(body));
      expect(sent).toMatchObject({ content: expect.stringContaining('credit'), allowed_mentions: { parse: [] } });
      expect(sent.text).toBe(sent.content);
      expect(directMessages(lab, 'otto')).toEqual([]);
      status = 404;
      expect(await heard(lab, lab.edit('blur [forbidden]'))).toContain(told);
      expect(directMessages(lab, 'otto')).toHaveLength(1);
      expect(lab.logText()).not.toContain('secret-path');
    } finally {
      await hook.close();
    }
  });
});
