// Discord on a bad day: away for ten minutes, rate limits of minutes, channels, replies and rights that are gone. What
// can be delivered is, the rest is closed with a reason that the operator can read, and requests stay few.

import { describe, expect, it } from 'vitest';
import { type Interaction, rateLimited } from '../../sandbox/discord/discord.ts';
import type { Lab } from '../lab.ts';
import { at, mia, minuteMs, pause } from '../support.ts';
import { delivered, editReply, everyTime, expectOnce, failedEdits, inLab, postMessage, shown } from './own-lab.ts';

const everything = { path: /^\/api\// };
const callback = { method: 'POST', path: /\/callback/ };
const down = { kind: 'answer', status: 503, body: 'upstream connect error' } as const;
/** Production's pauses at a hundredth of their length. */
const hundredth = { backoffMs: 10, backoffMaxMs: 3_000 };

const requests = (lab: Lab, method: string, path: RegExp) =>
  lab.discord.standIn.requests.filter((request) => request.method === method && path.test(request.path));
const untold = (lab: Lab) => lab.logs.filter(({ msg }) => msg === 'the requester could not be told');

/** Edits whose runs are held, so that what is to go wrong can be prepared. */
async function begin(lab: Lab, places: readonly string[], expired: boolean): Promise<Interaction[]> {
  lab.runflow.hold();
  const interactions = places.map((channel) => lab.edit('blur', {}, at(mia, channel)));
  await Promise.all(interactions.map(({ acknowledged }) => acknowledged));
  await lab.until('the runs', () => lab.runs().length === places.length);
  if (expired) for (const interaction of interactions) lab.discord.expireToken(interaction);
  return interactions;
}

/** The waiting time that this lab's clock has skipped has not passed for the stand-in. */
function forgiveSkippedTime(lab: Lab): void {
  const { violations } = lab.discord;
  violations.splice(0, violations.length, ...violations.filter(({ rule }) => rule !== 'retry-after-ignored'));
}

describe.concurrent('an outage', { timeout: 60_000 }, () => {
  it('of ten minutes delays the pictures, costs a dozen requests each, and ends in the replies', () =>
    inLab({ timing: hundredth }, async (lab) => {
      const interactions = await begin(lab, Array<string>(8).fill('general'), false);
      lab.discord.standIn.fault({ ...everything, ...down, times: everyTime });
      lab.discord.dropGateway();
      const before = lab.discord.standIn.requests.length;
      lab.runflow.release();
      await pause(6_000);
      lab.clock.move(10 * minuteMs);
      const during = lab.discord.standIn.requests.length - before;
      expect(during).toBeGreaterThan(8);
      expect(during).toBeLessThan(8 * 14 + 20);
      lab.discord.standIn.clearFaults();
      await delivered(lab, interactions);
      for (const interaction of interactions) {
        expectOnce(lab, interaction);
        expect(interaction.original()?.attachments).toHaveLength(1);
      }
      await lab.discord.ready();
      const after = lab.edit('sepia');
      await delivered(lab, [after]);
    }));

  it('of more than a day closes the edit; an hour later nobody is told any more', () =>
    inLab({}, async (lab) => {
      const [interaction] = await begin(lab, ['general'], false);
      lab.discord.standIn.fault({ ...everything, ...down, times: everyTime });
      lab.runflow.release();
      // What may stand there is read before it is sent again.
      const attempts = () => ['PATCH', 'GET'].flatMap((method) => requests(lab, method, editReply.path));
      await lab.until('attempts', () => attempts().length > 2);
      lab.clock.move(25 * 60 * minuteMs);
      // Nothing is given up while an earlier attempt may have posted it: that must be looked up, or be a day old.
      await lab.until('closed', () => failedEdits(lab).length === 1, 15_000);
      expect(failedEdits(lab)[0]).toMatchObject({ edit: interaction?.id, reason: 'undeliverable', level: 'error' });
      expect(failedEdits(lab)[0]?.detail).toContain('503');
      lab.clock.move(61 * minuteMs);
      await lab.until('not told', () => untold(lab).length === 1);
      // The step that the skipped hour cut is done once more.
      await pause(500);
      const settled = lab.discord.standIn.requests.length;
      await pause(1_200);
      expect(lab.discord.standIn.requests.slice(settled).map(({ method, path }) => `${method} ${path}`)).toEqual([]);
    }));

  it('does not hold a picture up for an acknowledgement that is never answered', () =>
    inLab({}, async (lab) => {
      lab.discord.standIn.fault({ ...callback, kind: 'hang-after' });
      const interaction = lab.edit('blur');
      await delivered(lab, [interaction], 12_000);
      expectOnce(lab, interaction);
    }));
});

describe.concurrent('a rate limit', { timeout: 60_000 }, () => {
  it('of minutes on one route is waited out, over a restart too, without a request in between', () =>
    inLab({}, async (lab) => {
      const [limited] = await begin(lab, ['general'], false);
      lab.discord.standIn.fault({ ...editReply, ...rateLimited(180) });
      lab.runflow.release();
      await lab.until('the refusal', () => requests(lab, 'PATCH', editReply.path).length === 1);
      const free = lab.edit('sepia');
      await delivered(lab, [free]);
      await lab.stop();
      await lab.start();
      await pause(1_500);
      expect(requests(lab, 'PATCH', editReply.path)).toHaveLength(2);
      await lab.stop();
      lab.clock.move(3 * minuteMs);
      await lab.start();
      if (limited) await delivered(lab, [limited]);
      if (limited) expectOnce(lab, limited);
      forgiveSkippedTime(lab);
    }));

  it('of minutes for the whole bot stops all of its posts, but not its replies', () =>
    inLab({}, async (lab) => {
      const late = await begin(lab, ['general', 'lounge', 'general-thread', 'lounge'], true);
      lab.discord.standIn.fault({ ...postMessage, ...rateLimited(120, { global: true }), times: everyTime });
      lab.runflow.release();
      await lab.until('all put off', () => lab.logs.filter(({ msg }) => msg === 'delivery put off').length >= 4);
      const refused = requests(lab, 'POST', postMessage.path).length;
      expect(refused).toBeLessThanOrEqual(late.length);
      const fresh = lab.edit('sepia');
      await delivered(lab, [fresh]);
      await pause(1_000);
      expect(requests(lab, 'POST', postMessage.path)).toHaveLength(refused);
      expect(lab.discord.invalidRequests()).toBeLessThan(10);
      lab.discord.standIn.clearFaults();
      await lab.stop();
      lab.clock.move(2 * minuteMs + 1_000);
      await lab.start();
      await delivered(lab, late);
      for (const interaction of late) expectOnce(lab, interaction);
      // The replies that were thinking come down, too.
      await lab.until('tidied up', () => late.every((interaction) => interaction.original() === undefined));
      forgiveSkippedTime(lab);
    }));

  it('that names no time does not make a hot loop', () =>
    inLab({ timing: hundredth }, async (lab) => {
      const interactions = await begin(lab, Array<string>(4).fill('general'), false);
      lab.discord.standIn.fault({
        ...editReply,
        kind: 'answer',
        status: 429,
        body: '<html>slow down</html>',
        times: everyTime,
      });
      lab.runflow.release();
      await pause(3_000);
      expect(requests(lab, 'PATCH', editReply.path).length).toBeLessThan(4 * 14);
      lab.discord.standIn.clearFaults();
      await delivered(lab, interactions);
      for (const interaction of interactions) expectOnce(lab, interaction);
      forgiveSkippedTime(lab);
    }));
});

describe.concurrent('a place', { timeout: 60_000 }, () => {
  const gone: readonly { what: string; places: string[]; take: (lab: Lab) => void; words: RegExp }[] = [
    {
      what: 'whose channel was deleted',
      places: Array<string>(10).fill('general'),
      take: (lab) => lab.discord.deleteChannel('general'),
      words: /404 \(code 10003\)/,
    },
    {
      what: 'that the bot cannot see any more',
      places: Array<string>(10).fill('lounge'),
      take: (lab) => lab.discord.deny('lounge', 'VIEW_CHANNEL'),
      words: /403 \(code 50001\)/,
    },
    {
      what: 'where the bot may not write any more',
      places: ['general', 'general-thread'],
      take: (lab) => lab.discord.deny('general', 'SEND_MESSAGES', 'SEND_MESSAGES_IN_THREADS'),
      words: /403 \(code 50013\)/,
    },
    {
      what: 'where the bot may not attach files any more',
      places: ['general'],
      take: (lab) => lab.discord.deny('general', 'ATTACH_FILES'),
      words: /403 \(code 50013\)/,
    },
    {
      what: 'that is the direct messages of somebody who closed them',
      places: ['dm'],
      take: (lab) => lab.discord.closeDms('mia'),
      words: /403 \(code 50007\)/,
    },
  ];

  it.each(gone)('$what: closed after some tries, with a reason for the operator', ({ places, take, words }) =>
    inLab({}, async (lab) => {
      const interactions = await begin(lab, places, true);
      take(lab);
      lab.runflow.release();
      await lab.until('all closed', () => failedEdits(lab).length === places.length);
      for (const line of failedEdits(lab)) {
        expect(line).toMatchObject({ level: 'error', reason: 'undeliverable', detail: expect.stringMatching(words) });
      }
      await pause(1_000);
      expect(interactions.flatMap(({ id }) => shown(lab, id))).toEqual([]);
      // The reply's token once; then a look and the picture, some times, because rights come back.
      expect(lab.discord.invalidRequests()).toBeLessThanOrEqual(16 * places.length);
    }),
  );

  it('that forbids the bot to write still gets the pictures that are due in replies', () =>
    inLab({}, async (lab) => {
      const interactions = await begin(lab, ['general', 'general-thread'], false);
      lab.discord.deny('general', 'SEND_MESSAGES', 'SEND_MESSAGES_IN_THREADS', 'ATTACH_FILES', 'READ_MESSAGE_HISTORY');
      lab.runflow.release();
      await delivered(lab, interactions);
      for (const interaction of interactions) expectOnce(lab, interaction);
      expect(lab.discord.invalidRequests()).toBe(0);
    }));

  it('is asked for nothing about its members: those who left get their picture like the others', () =>
    inLab({}, async (lab) => {
      const interactions = await begin(lab, ['general'], true);
      lab.runflow.release();
      await delivered(lab, interactions);
      expect(requests(lab, 'GET', /\/(members|users)\//)).toEqual([]);
    }));

  it('that does not take the message for minutes is told so directly', () =>
    inLab({}, async (lab) => {
      const [interaction] = await begin(lab, ['general'], false);
      const body = { code: 50035, message: 'Invalid Form Body' };
      const when = ({ files }: { files: unknown[] }) => files.length > 0;
      lab.discord.standIn.fault({ ...editReply, kind: 'answer', status: 400, body, when, times: everyTime });
      lab.runflow.release();
      await lab.until('sent directly', () => lab.results('dm-mia').length === 1);
      await lab.until('nothing left to wait for', () => interaction?.original() === undefined);
      expect(failedEdits(lab)).toHaveLength(1);
      expect(requests(lab, 'PATCH', editReply.path).length).toBeGreaterThan(4);
      // Its requester has it all the same.
      expect(lab.results('dm-mia')).toHaveLength(1);
    }));
});
