// What a laboratory checks about moderation when it closes, whatever its test was about: of everything that the bot sent,
// nothing showed a flagged picture to more people than the moderators before one of them had approved it, unless the
// server allows it in a channel that was age-restricted at that moment; and no card stood where everybody sees it.

import { existsSync } from 'node:fs';
import { expect } from 'vitest';
import type { Discord } from '../sandbox/discord/discord.ts';
import type { Run, Runflow } from '../sandbox/runflow/runflow.ts';
import type { Recorded } from '../sandbox/server.ts';
import { type AuditEntry, createAudit } from '../src/audit/audit.ts';
import { systemClock } from '../src/clock.ts';
import { createSettings, type Settings } from '../src/settings/settings.ts';
import { createSqliteStore } from '../src/store/sqlite.ts';
import { sha256 } from './support.ts';

export type Evidence = {
  discord: Discord;
  runflow: Runflow;
  storeUrl: string | undefined;
  /** What the bot's clock showed at a real moment. */
  clockAt(realMs: number): number;
};

type Account = { settings: Settings; entries: AuditEntry[] };

const ephemeral = 1 << 6;
async function readAccount(storeUrl: string | undefined, guildId: string): Promise<Account | undefined> {
  const path = /^sqlite:\/\/(.+)/.exec(storeUrl ?? '')?.[1];
  if (path === undefined || !existsSync(path)) return undefined;
  const store = createSqliteStore(path);
  try {
    const entries: AuditEntry[] = [];
    for await (const entry of createAudit(store, { now: Date.now }).all(guildId)) entries.push(entry);
    return { entries, settings: await createSettings(store, systemClock).get(guildId) };
  } finally {
    await store.close();
  }
}

/** What was decided about a report, and taken back: the picture had been let through before. */
const ofReport = (key: string | undefined) => key === 'kept' || key === 'taken-down';

/** Whether a moderator's approval stood at that moment. */
function approved(account: Account | undefined, editId: string, at: number): boolean {
  const changing = new Set(['approved', 'approved-spoiler', 'undone', 'contested', 'rejected']);
  const last = account?.entries.findLast(
    ({ editId: id, at: when, action, reason }) =>
      id === editId && when <= at && changing.has(action) && !(action === 'undone' && ofReport(reason?.key)),
  );
  return last?.action === 'approved' || last?.action === 'approved-spoiler';
}

/** A message may wait this long for its turn after the bot has looked at the channel: rate limits last a second. */
const turnMs = 1_100;

/** Whether something held of a channel when a message came, and the bot had not just seen that it did not. */
function held(
  { world, standIn }: Discord,
  channelId: string,
  at: number,
  is: (openness: Openness) => boolean,
): boolean {
  if (!is(world.openness(channelId, at))) return false;
  return !standIn.requests.some((look) => {
    const looked = /\/channels\/(\d+)$/.exec(look.path)?.[1];
    const inTime = look.at <= at && look.at > at - turnMs && look.method === 'GET' && look.status < 400;
    return inTime && looked === world.rootOf(channelId) && !is(world.openness(channelId, look.at));
  });
}
type Openness = ReturnType<Discord['world']['openness']>;

/** Where a message with files went, as far as more than moderators or one person see it; undefined when only they do. */
function publicPlace(discord: Discord, { path, json, at }: Recorded): string | undefined {
  const channel = /\/channels\/(\d+)\/messages/.exec(path)?.[1];
  if (channel !== undefined) return held(discord, channel, at, ({ everyone }) => everyone) ? channel : undefined;
  const flags = typeof json === 'object' && json && 'flags' in json ? Number(json.flags) : 0;
  return flags & ephemeral ? undefined : 'a reply';
}

/** A card that decides, by the buttons that only cards have. */
const decides = (json: unknown) => /"custom_id":"review-(?:approve|take-down):/.test(JSON.stringify(json ?? ''));

/** Fails when a card was posted where everybody sees it. */
function expectPrivateCards(discord: Discord): void {
  for (const { method, path, json, at, status } of discord.standIn.requests) {
    const channel = /\/channels\/(\d+)\/messages$/.exec(path)?.[1];
    if (method !== 'POST' || channel === undefined || status >= 400 || !decides(json)) continue;
    if (held(discord, channel, at, ({ everyone }) => everyone))
      expect.fail(`a card was posted in the open, in ${channel}`);
  }
}

const editOf = (run: Run) => run.client_ref ?? String(run.metadata?.edit_id);

/** Runflow may say it as a truth of any shape; a list has one entry for each picture. */
function saysFlagged(value: unknown): boolean {
  if (Array.isArray(value)) return value.some(saysFlagged);
  return typeof value === 'string' ? !['', 'false', '0'].includes(value.toLowerCase()) : Boolean(value);
}

/** Whether a run's output is flagged, as a whole or one of its pictures. */
function isFlagged({ output }: Pick<Run, 'output'>): boolean {
  const parts: object[] = [output, output && 'outputs' in output ? output.outputs : []]
    .flat()
    .filter((part) => part !== null);
  return parts.some((part) => 'nsfw_detected' in part && saysFlagged(part.nsfw_detected));
}

/** Fails when a flagged picture was shown where nobody had allowed it. */
export async function expectNoLeak(evidence: Evidence): Promise<void> {
  const { discord, runflow } = evidence;
  const { requests } = discord.standIn;
  for (const { path, json } of requests) {
    // An address of the output itself would show it as well.
    if (JSON.stringify(json ?? '').includes('/outputs/')) expect.fail(`the address of an output was sent to ${path}`);
  }
  expectPrivateCards(discord);
  const runs = [...runflow.runs.values()];
  const flagged = new Map(runs.filter(isFlagged).map((run) => [editOf(run), run]));
  if (flagged.size === 0) return;

  // Two runs with the same input have the same bytes; then only the file's name tells whose they are.
  const clean = new Set(
    runs.filter((run) => !isFlagged(run)).flatMap(({ files }) => files.map((one) => sha256(one.bytes))),
  );
  const owners = new Map<string, string>();
  for (const [id, { files }] of flagged) for (const { bytes } of files) owners.set(sha256(bytes), id);
  const account = await readAccount(evidence.storeUrl, discord.world.guild.id);
  const { flaggedRestricted } = account?.settings ?? { flaggedRestricted: 'hold' };
  const openInRestricted = flaggedRestricted === 'post' || flaggedRestricted === 'spoiler';

  for (const request of requests) {
    const place = publicPlace(discord, request);
    if (place === undefined) continue;
    for (const { name, bytes } of request.files) {
      const hash = sha256(bytes);
      const named = /darkroom-(\d+)-/.exec(name)?.[1] ?? '';
      const id = flagged.has(named) ? named : clean.has(hash) ? undefined : owners.get(hash);
      if (id === undefined || approved(account, id, evidence.clockAt(request.at))) continue;
      const home = String(flagged.get(id)?.metadata?.channel_id);
      const there = place === 'a reply' ? home : place;
      const open = held(discord, there, request.at, ({ nsfw }) => !nsfw);
      if (openInRestricted && !open) continue;
      expect.fail(`${name}: a flagged picture of edit ${id} was sent to ${place} without an approval`);
    }
  }
}
