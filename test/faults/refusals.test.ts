// Refusals of Discord that are not the end: odd answers, filters, limits, archived threads. A paid picture still reaches
// the channel, or its requester, or the moderators; nothing goes on promising it.

import { describe, expect, it, vi } from 'vitest';
import type { Interaction } from '../../sandbox/discord/discord.ts';
import type { Lab } from '../lab.ts';
import { askToDelete, at, mia, pause } from '../support.ts';
import {
  delivered,
  downloadOutput,
  editReply,
  everyTime,
  expectOnce,
  failedEdits,
  htmlPage,
  inLab,
  postMessage,
  shown,
} from './own-lab.ts';

const requests = (lab: Lab, method: string, path: RegExp) =>
  lab.discord.standIn.requests.filter((request) => request.method === method && path.test(request.path));
const refusal = (status: number, code: number, errors?: unknown) =>
  ({ kind: 'answer', status, body: { code, message: 'no', ...(errors ? { errors } : {}) } }) as const;
const withFiles = ({ files }: { files: unknown[] }) => files.length > 0;

/** An edit whose picture is finished only when the lab's runs are released. */
async function begin(lab: Lab, prompt = 'blur', channel = 'general'): Promise<Interaction> {
  lab.runflow.hold();
  const interaction = lab.edit(prompt, {}, at(mia, channel));
  await interaction.acknowledged;
  await lab.until('the run', () => lab.runs().length === 1);
  return interaction;
}

const odd = [
  {
    what: 'a 401 without a code',
    fault: { kind: 'answer', status: 401, body: { message: '401: Unauthorized', code: 0 } },
  },
  { what: 'a 403 in HTML', fault: { kind: 'answer', ...htmlPage, status: 403 } },
  { what: 'a 404 in HTML', fault: { kind: 'answer', ...htmlPage, status: 404 } },
  { what: 'a 403 of Cloudflare', fault: refusal(403, 40333) },
  { what: 'a 404 without a code', fault: { kind: 'answer', status: 404, body: {} } },
  { what: 'a 400 that is over soon', fault: refusal(400, 50035) },
  { what: 'a right that comes back', fault: refusal(403, 50013) },
] as const;

describe.concurrent('an odd refusal', { timeout: 60_000 }, () => {
  it.each(
    odd.flatMap((one) => [
      { ...one, where: 'reply' },
      { ...one, where: 'message' },
    ]),
  )('($what) of a $where only delays the picture', ({ fault, where }) =>
    inLab({}, async (lab) => {
      const interaction = await begin(lab);
      if (where === 'message') lab.discord.expireToken(interaction);
      lab.discord.standIn.fault({ ...(where === 'reply' ? editReply : postMessage), ...fault, times: 3 });
      lab.runflow.release();
      await delivered(lab, [interaction]);
      expectOnce(lab, interaction);
      expect(failedEdits(lab)).toEqual([]);
    }),
  );

  it('that lasts is shown by /readyz while it is about the bot itself', () =>
    inLab({}, async (lab) => {
      const interaction = await begin(lab);
      lab.discord.expireToken(interaction);
      const unauthorized = { kind: 'answer', status: 401, body: { message: '401: Unauthorized', code: 0 } } as const;
      lab.discord.standIn.fault({ path: /\/channels\//, ...unauthorized, times: everyTime });
      lab.runflow.release();
      await lab.until('refused', () => lab.logs.some(({ msg }) => msg === 'delivery put off'));
      const ready = async () => (await fetch(`${lab.url}/readyz`)).status;
      await vi.waitFor(async () => expect(await ready()).toBe(503), { timeout: 5_000 });
      lab.discord.standIn.clearFaults();
      await delivered(lab, [interaction]);
      await vi.waitFor(async () => expect(await ready()).toBe(200), { timeout: 5_000 });
    }));
});

describe.concurrent('a filter of Discord', { timeout: 60_000 }, () => {
  const onContent = { content: { _errors: [{ code: 'BASE_TYPE_BAD', message: 'not allowed' }] } };

  it.each([
    { what: 'AutoMod', fault: refusal(400, 200000) },
    { what: 'a harmful link', fault: refusal(400, 240000) },
    { what: 'a text field', fault: refusal(400, 50035, onContent) },
  ])('for words ($what) costs the prompt and the alt text, not the picture', ({ fault }) =>
    inLab({}, async (lab) => {
      const interaction = await begin(lab, 'blur this harmless thing');
      const when = ({ json }: { json: unknown }) => JSON.stringify(json ?? '').includes('harmless');
      lab.discord.standIn.fault({ ...editReply, ...fault, when, times: everyTime });
      lab.runflow.release();
      await delivered(lab, [interaction]);
      expectOnce(lab, interaction);
      const [message] = lab.results();
      expect(message?.content).not.toContain('harmless');
      expect(message?.attachments[0]?.description ?? '').toBe('');
    }),
  );

  it('for pictures tells the requester the reason where there are no moderators', () =>
    inLab({}, async (lab) => {
      const interaction = await begin(lab);
      lab.discord.standIn.fault({ ...editReply, ...refusal(400, 20009), when: withFiles, times: everyTime });
      lab.runflow.release();
      await lab.until('told', () => interaction.followups().some(({ content }) => content.includes('explicit')));
      expect(failedEdits(lab)).toMatchObject([{ edit: interaction.id, reason: 'explicit' }]);
    }));
});

describe.concurrent('a limit on files', { timeout: 60_000 }, () => {
  it("is the server's own when the member's is larger, and then smaller", () =>
    inLab({ discord: { uploadLimit: 25 * 2 ** 20 } }, async (lab) => {
      const interaction = await begin(lab, 'blur [huge]');
      const tooLarge = ({ files }: { files: { bytes: Buffer }[] }) =>
        files.some(({ bytes }) => bytes.length > 9 * 2 ** 20);
      lab.discord.standIn.fault({ ...editReply, ...refusal(413, 40005), when: tooLarge, times: everyTime });
      lab.runflow.release();
      await delivered(lab, [interaction], 50_000);
      expect(lab.results()[0]?.attachments[0]?.size).toBeLessThanOrEqual(9 * 2 ** 20);
    }));
});

describe.concurrent('an archived thread', { timeout: 60_000 }, () => {
  it('is opened by a new message', () =>
    inLab({}, async (lab) => {
      const interaction = await begin(lab, 'blur', 'general-thread');
      lab.discord.standIn.fault({ ...editReply, ...refusal(400, 50083), times: everyTime });
      lab.runflow.release();
      await delivered(lab, [interaction]);
      expectOnce(lab, interaction);
      // The reply that was thinking is not left behind.
      await lab.until('tidied up', () => interaction.original() === undefined);
    }));
});

describe.concurrent('a message in place of a reply', { timeout: 60_000 }, () => {
  it('stays the only one when its answer is lost and the reply can be edited again', () =>
    inLab({}, async (lab) => {
      const interaction = await begin(lab, 'blur', 'general-thread');
      lab.discord.standIn.fault({ ...editReply, ...refusal(400, 50083) });
      lab.discord.standIn.fault({ ...postMessage, kind: 'answer-after', status: 504 });
      lab.runflow.release();
      await delivered(lab, [interaction]);
      await pause(300);
      expectOnce(lab, interaction);
    }));
});

describe.concurrent('a message whose answer was lost', { timeout: 60_000 }, () => {
  it('is found behind a thousand others, from the moment it was first sent', () =>
    inLab({ discord: { nonceMs: 0 } }, async (lab) => {
      const interaction = await begin(lab);
      for (let index = 0; index < 1_200; index += 1) lab.discord.post(mia, `chatter ${index}`);
      await pause(50);
      lab.discord.expireToken(interaction);
      lab.discord.standIn.fault({ ...postMessage, kind: 'reset-after' });
      lab.runflow.release();
      await delivered(lab, [interaction]);
      expectOnce(lab, interaction);
      expect(requests(lab, 'POST', postMessage.path)).toHaveLength(1);
    }));

  it('is not sent again while the bot may not look whether it is there', () =>
    inLab({ discord: { nonceMs: 0 } }, async (lab) => {
      const interaction = await begin(lab);
      lab.discord.expireToken(interaction);
      lab.discord.standIn.fault({ ...postMessage, kind: 'reset-after' });
      lab.discord.deny('general', 'READ_MESSAGE_HISTORY');
      lab.runflow.release();
      await lab.until('closed', () => failedEdits(lab).length === 1);
      await pause(300);
      expect(shown(lab, interaction.id)).toHaveLength(1);
    }));
});

describe.concurrent('after an outage', { timeout: 60_000 }, () => {
  it('the first success wakes all who wait, and nothing is downloaded twice', () =>
    inLab({ timing: { backoffMs: 20_000, backoffMaxMs: 60_000, probeMs: 500 } }, async (lab) => {
      lab.runflow.hold();
      const interactions = Array.from({ length: 20 }, () => lab.edit('blur'));
      await Promise.all(interactions.map(({ acknowledged }) => acknowledged));
      await lab.until('the runs', () => lab.runs().length === 20);
      lab.discord.standIn.fault({ ...editReply, kind: 'answer', status: 503, times: everyTime });
      lab.runflow.release();
      await lab.until('all wait', () => {
        const waiting = new Set(lab.logs.filter(({ msg }) => msg === 'delivery put off').map(({ edit }) => edit));
        return waiting.size === 20;
      });
      lab.discord.standIn.clearFaults();
      const backAt = Date.now();
      await delivered(lab, interactions, 10_000);
      expect(Date.now() - backAt).toBeLessThan(5_000);
      for (const interaction of interactions) expectOnce(lab, interaction);
      const downloads = lab.runflow.standIn.requests.filter(({ path }) => downloadOutput.path.test(path));
      expect(downloads).toHaveLength(20);
    }));

  it('whoever is woken and then refused is not tried again and again without a pause', () =>
    inLab({ timing: { backoffMs: 20_000, backoffMaxMs: 60_000, probeMs: 300, refuseForMs: 30_000 } }, async (lab) => {
      const interaction = await begin(lab);
      const tries = () => requests(lab, 'PATCH', editReply.path).filter(withFiles).length;
      lab.discord.standIn.fault({ ...editReply, when: withFiles, kind: 'answer', status: 503 });
      const allow = lab.discord.standIn.fault({
        ...editReply,
        when: withFiles,
        ...refusal(403, 50013),
        times: everyTime,
      });
      lab.runflow.release();
      await lab.until('woken', () => tries() >= 2);
      await pause(500);
      expect(tries()).toBeLessThan(5);
      allow();
      lab.clock.move(60_000);
      await lab.stop();
      await lab.start();
      await delivered(lab, [interaction]);
      expectOnce(lab, interaction);
    }));

  it('of the picture store, too', () =>
    inLab({ timing: { backoffMs: 20_000, backoffMaxMs: 60_000, probeMs: 500 } }, async (lab) => {
      lab.runflow.standIn.fault({ ...downloadOutput, kind: 'answer', status: 503, times: everyTime });
      const interactions = Array.from({ length: 5 }, () => lab.edit('blur'));
      await lab.until('all wait', () => lab.logs.filter(({ msg }) => msg === 'delivery put off').length >= 5);
      lab.runflow.standIn.clearFaults();
      await delivered(lab, interactions, 10_000);
    }));
});

describe.concurrent('a picture that is deleted', { timeout: 60_000 }, () => {
  it('while the bot does not know that it is posted stays deleted', () =>
    inLab({ timing: { backoffMs: 3_000, backoffMaxMs: 3_000, probeMs: 60_000 } }, async (lab) => {
      const interaction = await begin(lab);
      lab.discord.standIn.fault({ ...editReply, kind: 'reset-after' });
      lab.runflow.release();
      await lab.until('put off', () => lab.logs.some(({ msg }) => msg === 'delivery put off'));
      const [message] = lab.results();
      const question = await (await askToDelete(lab, mia, message?.id ?? '')).replied();
      await lab.discord.press(mia, question.id, /^delete-confirmed:/).acknowledged;
      await lab.until('deleted', () => lab.logs.some(({ msg }) => msg === 'result deleted'));
      await pause(4_000);
      expect(shown(lab, interaction.id)).toEqual([]);
      expect(lab.logs.filter(({ msg }) => msg === 'store trouble')).toEqual([]);
    }));
});
