// Labs for tests that run side by side, the requests that go wrong in them, and the sentences that all of them end with:
// billed once, shown once.

import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import { type BotProcess, startBot } from '../../sandbox/bot.ts';
import type { Interaction, Message } from '../../sandbox/discord/discord.ts';
import type { Moment } from '../../src/edit/step.ts';
import { createLab, type Lab, type LabOptions, quick } from '../lab.ts';
import { sha256 } from '../support.ts';

/** What faults strike: requests to Runflow, then to Discord. */
export const createRun = { method: 'POST', path: /\/runs$/ };
export const listRuns = { method: 'GET', path: /^\/v1\/runs\?/ };
export const downloadOutput = { method: 'GET', path: /^\/outputs\// };
export const editReply = { method: 'PATCH', path: /%40original/ };
export const postMessage = { method: 'POST', path: /\/channels\/\d+\/messages$/ };

/** HTML where JSON was expected. */
export const htmlPage = { status: 200, body: '<html>hello</html>', headers: { 'content-type': 'text/html' } };
/** More often than any test asks. */
export const everyTime = 100_000;

/** A picture of one pixel, in base64. */
export const pixelPng =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';

/**
 * The bot in a process of its own, which kills itself at a moment if told. A request that was on its way when it died may
 * arrive late on a busy machine, so doubt lasts longer there.
 */
export const startBotProcess = (
  env: Record<string, string>,
  leaseMs = quick.leaseMs,
  crashAt?: Moment,
  certainMs = 3_000,
): BotProcess =>
  startBot(
    {
      ...env,
      TIMING: JSON.stringify({ ...quick, leaseMs, certainMs }),
      ...(crashAt ? { CRASH_AT: crashAt } : {}),
    },
    fileURLToPath(new URL('bot.ts', import.meta.url)),
  );

/** Runs the work in a lab of its own and closes that, whatever happens. */
export async function inLab(options: LabOptions, work: (lab: Lab) => Promise<void>): Promise<void> {
  // Several labs share the processor: how soon an interaction is answered is looked at elsewhere.
  const discord = { acknowledgeMs: 20_000, ...options.discord };
  const lab = await createLab({ ...options, discord, closeMyself: true });
  try {
    await work(lab);
  } finally {
    await lab.close();
  }
}

/** Where everybody can read; what is looked through for results. */
const places = ['general', 'lounge', 'general-thread', 'dm-mia'];

/** The messages with files that carry this edit's button, wherever they are. */
export function shown(lab: Lab, editId: string): Message[] {
  const existing = places.filter((place) => lab.discord.world.channels.some(({ name }) => name === place));
  return existing
    .flatMap((place) => lab.results(place))
    .filter(({ components }) => JSON.stringify(components).includes(`again:${editId}`));
}

export const runsOf = (lab: Lab, editId: string) =>
  lab.runs().filter(({ client_ref, metadata }) => client_ref === editId || metadata?.edit_id === editId);

/** Billed once and shown once, with the picture of that run. */
export function expectOnce(lab: Lab, { id }: Pick<Interaction, 'id'>): void {
  const runs = runsOf(lab, id);
  expect(runs, `runs of ${id}`).toHaveLength(1);
  const messages = shown(lab, id);
  expect(messages, `messages with the picture of ${id}`).toHaveLength(1);
  expect(sha256(messages[0]?.attachments[0]?.bytes)).toBe(sha256(runs[0]?.files[0]?.bytes));
}

/** Requests to Runflow, by method and path. */
export const asked = (lab: Lab, method: string, path: RegExp) =>
  lab.runflow.standIn.requests.filter((request) => request.method === method && path.test(request.path));

export const creates = (lab: Lab) => asked(lab, createRun.method, createRun.path);
export const lists = (lab: Lab) => asked(lab, listRuns.method, listRuns.path);
export const failedEdits = (lab: Lab) => lab.logs.filter(({ msg }) => msg === 'edit failed');

/** Resolves when these edits are closed with their pictures posted. */
export const delivered = (lab: Lab, interactions: readonly Pick<Interaction, 'id'>[], timeoutMs = 30_000) =>
  lab.until(
    'delivered',
    () => {
      const done = new Set(lab.logs.filter(({ msg }) => msg === 'edit delivered').map(({ edit }) => edit));
      return interactions.every(({ id }) => done.has(id));
    },
    timeoutMs,
  );
