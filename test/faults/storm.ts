// Hundreds of edits while everything goes wrong at random: the bot is killed and started again, both services refuse,
// cut and repeat, tokens expire, interactions and callbacks come twice. All from one seed, so that a bad one can be
// run again (what the seed does not decide is how the three processes interleave).
import { DatabaseSync } from 'node:sqlite';
import type { BotProcess } from '../../sandbox/bot.ts';
import { type Interaction, type Message, rateLimited } from '../../sandbox/discord/discord.ts';
import type { PageForm, Plan } from '../../sandbox/runflow/runflow.ts';
import type { Fault } from '../../sandbox/server.ts';
import { type Edit, isClosed } from '../../src/edit/record.ts';
import { createLab, type Lab, stamp, storePath } from '../lab.ts';
import { askToDelete, pause } from '../support.ts';
import { createRun, downloadOutput, editReply, htmlPage, postMessage, startBotProcess } from './own-lab.ts';

export type StormReport = {
  edits: number;
  delivered: number;
  failed: Record<string, number>;
  withheld: number;
  deleted: number;
  /** Interactions that came while no bot listened: nobody acknowledged them, nothing was accepted. */
  unheard: number;
  runs: number;
  kills: number;
  /** What must not be: each in words. Empty when all is well. */
  wrong: string[];
};

/** Numbers from 0 to below 1 that depend on the seed alone (mulberry32). */
export function createRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Runflow's list, and single runs. */
const readRuns = { method: 'GET', path: /^\/v1\/runs/ };

const discordFaults: readonly Fault[] = [
  { ...editReply, kind: 'answer', status: 500 },
  { ...editReply, kind: 'reset' },
  { ...editReply, kind: 'reset-after' },
  { ...editReply, kind: 'answer-after', status: 502 },
  { ...editReply, ...rateLimited(0.2) },
  { ...postMessage, kind: 'reset-after' },
  { ...postMessage, kind: 'answer-after', status: 504 },
  { ...postMessage, ...rateLimited(0.2, { global: true }) },
  { method: 'POST', path: /\/callback$/, kind: 'reset-after' },
  { method: 'GET', path: /\/channels\/\d+\/messages/, kind: 'answer', status: 503 },
  // Refusals that are not the end.
  { ...editReply, kind: 'answer', status: 401, body: { message: '401: Unauthorized', code: 0 } },
  { ...editReply, kind: 'answer', ...htmlPage, status: 403 },
  { ...editReply, kind: 'answer', status: 413, body: { code: 40005, message: 'Request entity too large' } },
  { ...editReply, kind: 'answer', status: 400, body: { code: 200000, message: 'Blocked by AutoMod' } },
  { ...editReply, kind: 'answer', status: 400, body: { code: 50083, message: 'Thread is archived' } },
  { ...postMessage, kind: 'answer', status: 403, body: { code: 40333, message: 'internal network error' } },
  { ...postMessage, kind: 'answer', status: 403, body: { code: 50013, message: 'Missing Permissions' } },
  { method: 'DELETE', path: /\/messages\/\d+$/, kind: 'answer', ...htmlPage, status: 403 },
];
const runflowFaults: readonly Fault[] = [
  { ...createRun, kind: 'reset' },
  { ...createRun, kind: 'delay', ms: 250 },
  { ...createRun, kind: 'reset-after' },
  { ...createRun, kind: 'answer', status: 503, body: { code: 'MODEL_UNAVAILABLE', message: 'down' } },
  { ...createRun, kind: 'answer-after', status: 502, body: '<html>' },
  { ...createRun, kind: 'answer', status: 429, headers: { 'retry-after': '0' }, body: { code: 'RATE_LIMITED' } },
  { ...readRuns, kind: 'answer', status: 500 },
  { ...readRuns, kind: 'reset' },
  { ...downloadOutput, kind: 'answer', status: 403 },
  { ...downloadOutput, kind: 'truncate', bytes: 300 },
  { ...downloadOutput, kind: 'reset' },
  { ...downloadOutput, kind: 'answer', status: 500 },
  { ...downloadOutput, kind: 'trickle', bytes: 300 },
  { ...readRuns, kind: 'answer', ...htmlPage, status: 404 },
  { ...readRuns, kind: 'answer', status: 404, body: { code: 'RUN_NOT_FOUND', message: 'Run not found' } },
  { ...readRuns, kind: 'answer', status: 403, body: { code: 'PERMISSION_DENIED', message: 'Missing scope' } },
];
const plans: readonly Plan[] = [
  { callback: 'never' },
  { callback: 'twice' },
  { callback: 'before-answer' },
  { callback: 'late' },
  { status: 'failed' },
  { status: 'cancelled' },
  { nsfw: true },
  { nsfw: null },
  { staleUrls: 1 },
  { oldShape: true },
  { status: 'errored' },
  { statusWord: 'Completed' },
  { statusWord: 'evaporated', nsfw: true },
  { tellings: [{ output: 'single' }] },
  { nsfw: true, tellings: [{ flag: 'text' }] },
  { nsfw: true, tellings: [{ flag: 'on-outputs', output: 'images' }] },
  { nsfw: true, tellings: [{ to: 'callback', output: 'image-urls' }] },
  { nsfw: true, tellings: [{ to: 'list', flag: 'absent' }] },
  { tellings: [{ to: 'callback', output: 'none' }] },
  { tellings: [{ to: 'list', output: 'none' }] },
  { unsigned: true },
];
const pageForms: readonly PageForm[] = [{}, { cursor: 'next' }, { cursor: 'url', items: 'data' }];

const places = ['general', 'lounge', 'general-thread'];

const stormy = new Set(['acknowledged-late', 'retry-after-ignored', 'stand-in-failure']);

/** @param edits how many are asked for */
export async function runStorm(seed: number, edits: number): Promise<StormReport> {
  const random = createRandom(seed);
  const chance = (probability: number) => random() < probability;
  const pick = <Item>(items: readonly Item[]): Item => {
    const item = items[Math.floor(random() * items.length)];
    if (item === undefined) throw new Error('nothing to pick from');
    return item;
  };
  const callbacks = chance(0.7);
  const lab = await createLab({
    callbacks,
    idle: true,
    closeMyself: true,
    runflow: { listLagMs: chance(0.5) ? 250 : 0, runMs: [20, 700], callbackRetryMs: [30, 60], lateCallbackMs: 900 },
  });
  lab.runflow.pageForm = pick(pageForms);
  const interactions: Interaction[] = [];
  const heard = new Set<string>();
  let bot = await begin(lab);
  let kills = 0;
  let restarting = Promise.resolve();
  const killAt = new Set(Array.from({ length: 5 }, () => Math.floor(random() * edits)));

  async function step(): Promise<void> {
    if (chance(0.25)) lab.discord.standIn.fault({ ...pick(discordFaults), times: 1 + Math.floor(random() * 3) });
    if (chance(0.25)) lab.runflow.standIn.fault({ ...pick(runflowFaults), times: 1 + Math.floor(random() * 3) });
    if (chance(0.5)) lab.runflow.plan(pick(plans));
    const who = { user: pick(['mia', 'noah']), channel: pick(places) };
    const prompt = pick(['blur', 'sepia', 'invert', 'mirror']);
    const interaction = lab.discord.slash(who, 'edit', { image: stamp, prompt });
    interaction.acknowledged.then(
      () => heard.add(interaction.id),
      () => {},
    );
    interactions.push(interaction);
    if (chance(0.2)) lab.discord.replay(interaction);
    const earlier = pick(interactions);
    if (chance(0.05)) lab.discord.expireToken(earlier);
    if (chance(0.05)) lab.discord.replay(earlier);
    if (chance(0.02)) lab.discord.dropGateway();
    if (chance(0.03) && earlier.original()?.loading) lab.discord.deleteMessage(earlier.original()?.id ?? '');
    if (chance(0.05)) void deleteResult(lab, earlier).catch(() => {});
    const run = lab.runs().at(-1);
    if (callbacks && run && chance(0.1)) void lab.runflow.sendCallback(run.id).catch(() => {});
    await pause(random() * 30);
    if (killAt.delete(interactions.length)) {
      kills += 1;
      // People go on meanwhile, as they would.
      restarting = restarting.then(async () => {
        await bot.stop('SIGKILL');
        bot = await begin(lab);
      });
    }
    if (chance(0.1)) await restarting;
  }

  try {
    while (interactions.length < edits) await step();
    await restarting;
    lab.discord.standIn.clearFaults();
    lab.runflow.standIn.clearFaults();
    const path = storePath(lab);
    const open = async () => (await readAll(path, 'open')).size;
    const end = Date.now() + 60_000;
    while ((await open()) > 0 && Date.now() < end) await pause(200);
    // Longer than a lease and a rescan: what would be done twice shows itself.
    await pause(1_500);
    await bot.stop('SIGTERM');
    return report({ lab, interactions, heard, kills, closed: await readAll(path, 'closed'), open: await open() });
  } finally {
    await restarting;
    await bot.stop('SIGKILL');
    // What the storm itself brings about is not the bot's doing: acknowledgements that come late because it was dead,
    // requests that its death cut, waiting times that the one before was told.
    const ours = lab.discord.violations.filter(({ rule }) => !stormy.has(rule));
    lab.discord.violations.splice(0, Number.POSITIVE_INFINITY, ...ours);
    await lab.close();
  }
}

/** A moderator presses Delete, if the picture is there. */
async function deleteResult(lab: Lab, { id }: Interaction): Promise<void> {
  for (const channel of places) {
    const message = lab.discord.messages(channel).find((one) => one.attachments.length > 0 && shows(one, id));
    if (!message) continue;
    const by = { user: 'vera', channel };
    const question = await (await askToDelete(lab, by, message.id)).replied();
    lab.discord.press(by, question.id, /^delete-confirmed:/);
  }
}

async function begin(lab: Lab): Promise<BotProcess> {
  const bot = startBotProcess(lab.env, 500);
  await bot.ready(30_000);
  return bot;
}

async function readAll(path: string, space: 'open' | 'closed'): Promise<Map<string, Edit>> {
  const database = new DatabaseSync(path, { readOnly: true });
  try {
    const rows = database.prepare("SELECT value FROM record WHERE key LIKE 'edit:%'").all();
    const edits: Edit[] = rows.map(({ value }) => JSON.parse(String(value)));
    return new Map(edits.filter((edit) => isClosed(edit) === (space === 'closed')).map((edit) => [edit.id, edit]));
  } finally {
    database.close();
  }
}

const shows = (found: Message, id: string) => JSON.stringify(found.components).includes(`again:${id}`);

function report(all: {
  lab: Lab;
  interactions: readonly Interaction[];
  heard: ReadonlySet<string>;
  kills: number;
  closed: ReadonlyMap<string, Edit>;
  open: number;
}): StormReport {
  const { lab, interactions, heard, closed } = all;
  const wrong: string[] = [];
  const failed: Record<string, number> = {};
  let delivered = 0;
  let withheld = 0;
  let deleted = 0;
  const messages = places.flatMap((channel) => lab.discord.messages(channel));
  if (all.open > 0) wrong.push(`${all.open} edits are still open`);
  for (const { id } of interactions) {
    const edit = closed.get(id);
    const runs = lab.runs().filter(({ client_ref }) => client_ref === id);
    const posted = messages.filter((one) => one.attachments.length > 0 && shows(one, id));
    if (runs.length > 1) wrong.push(`${id}: ${runs.length} runs`);
    if (posted.length > 1) wrong.push(`${id}: posted ${posted.length} times`);
    if (!edit) {
      if (runs.length > 0 || posted.length > 0) wrong.push(`${id}: a run or a message without a record`);
      if (heard.has(id)) wrong.push(`${id}: acknowledged, but there is no record`);
      continue;
    }
    if (edit.state === 'delivered') {
      delivered += 1;
      if (edit.deletedBy !== undefined) {
        deleted += 1;
        if (posted.length > 0) wrong.push(`${id}: deleted, but there`);
      } else if (posted.length !== 1) wrong.push(`${id}: delivered, but posted ${posted.length} times`);
      if (runs.length !== 1) wrong.push(`${id}: delivered with ${runs.length} runs`);
    } else {
      if (posted.length > 0) wrong.push(`${id}: ${edit.state}, but posted`);
      if (edit.state === 'failed') failed[edit.reason] = (failed[edit.reason] ?? 0) + 1;
      if (edit.state === 'rejected') withheld += 1;
    }
  }
  for (const run of lab.runs()) {
    const expected = run.plan.nsfw === true && !run.plan.oldShape;
    const edit = closed.get(run.client_ref ?? '');
    if (expected && run.status_code === 'succeeded' && edit?.state === 'delivered') {
      wrong.push(`${edit.id}: flagged, but posted`);
    }
  }
  return {
    edits: interactions.length,
    delivered,
    failed,
    withheld,
    deleted,
    unheard: interactions.length - closed.size,
    runs: lab.runs().length,
    kills: all.kills,
    wrong,
  };
}
