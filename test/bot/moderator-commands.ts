// What the tests of the moderators' commands share: asking, pressing, and writing into the bot's own database.

import type { Interaction } from '../../sandbox/discord/discord.ts';
import type { OptionValue } from '../../sandbox/discord/slash-options.ts';
import { type AuditEntry, createAudit } from '../../src/audit/audit.ts';
import { systemClock } from '../../src/clock.ts';
import { createMembers } from '../../src/moderation/members.ts';
import { createSqliteStore } from '../../src/store/sqlite.ts';
import { type Lab, storePath } from '../lab.ts';
import { hourMs, privateReply, type Reply, vera } from '../support.ts';

export const review = (
  lab: Lab,
  subcommand: string,
  options: Record<string, OptionValue> = {},
  by = vera,
): Interaction => lab.discord.slash(by, 'review', options, subcommand);

export const idOf = (lab: Lab, user: string) => lab.discord.world.user(user).id;

/** Writes into the bot's own database, as another process of it would. */
export async function write(lab: Lab, entries: readonly Omit<AuditEntry, 'id' | 'at'>[]): Promise<void> {
  const store = createSqliteStore(storePath(lab));
  const audit = createAudit(store, systemClock);
  for (const entry of entries) await audit.append(lab.discord.world.guild.id, entry);
  await store.close();
}

export async function timeOut(lab: Lab, user: string, hours: number): Promise<void> {
  const store = createSqliteStore(storePath(lab));
  const members = createMembers(store, createAudit(store, systemClock), systemClock);
  await members.timeOut(lab.discord.world.guild.id, idOf(lab, user), idOf(lab, 'vera'), hours * hourMs);
  await store.close();
}

/** Presses a button of a private reply and gives the reply as it is then. */
export async function pressInReply(lab: Lab, reply: Reply, customId: RegExp, by = vera): Promise<Reply> {
  const edits = reply.history.length;
  const pressed = lab.discord.press(by, reply.id, customId);
  await pressed.until(({ history }) => history.length > edits);
  return privateReply(pressed);
}

export const numbered = (lab: Lab, count: number) =>
  Array.from({ length: count }, (_, index) => ({
    action: 'rejected' as const,
    actorId: idOf(lab, index % 2 === 0 ? 'vera' : 'otto'),
    memberId: idOf(lab, index % 5 === 0 ? 'noah' : 'mia'),
    editId: '9'.repeat(19),
    reason: { note: `reason ${index}` },
  }));
