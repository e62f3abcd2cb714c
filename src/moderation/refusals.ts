// Writes refused prompts into the audit log, but not more than a few of one member's in an hour: after that they are
// counted, and only every tenth power is written down, so that nobody can fill the log by asking again.
import { z } from 'zod';
import type { Audit } from '../audit/audit.ts';
import type { Clock } from '../clock.ts';
import { exclusively } from '../store/exclusive.ts';
import { createForgetful, type Store } from '../store/store.ts';
import { shorten } from '../texts/format.ts';

/** Enough of a refused prompt for moderators to see what was meant. */
const promptInLog = 200;
const writtenEachHour = 3;
const hourMs = 3_600_000;

/** `hour`: since the epoch. `unwritten`: how many refusals ever have no entry of their own. */
const stored = z.object({ hour: z.number(), inHour: z.number(), unwritten: z.number() });

export type Refusals = {
  /** Accounts for a refused prompt. `rule`: the one of the server's AutoMod that has the entry. */
  note(guildId: string, memberId: string, refused: { rule?: string; entry: string; prompt: string }): Promise<void>;
  /** How many of a member's refusals the log has no entry of. */
  unwritten(guildId: string, memberId: string): Promise<number>;
};

export function createRefusals(store: Store, audit: Pick<Audit, 'append'>, clock: Clock): Refusals {
  const counts = createForgetful(store.space('refusals'), (value) => stored.safeParse(value).data);
  const keyOf = (guildId: string, memberId: string) => `${guildId}:${memberId}`;

  return {
    note: (guildId, memberId, { rule, entry, prompt }) =>
      exclusively(store, clock, `refusals:${keyOf(guildId, memberId)}`, async () => {
        const hour = Math.floor(clock.now() / hourMs);
        const before = await counts.get(keyOf(guildId, memberId));
        const times = (before?.hour === hour ? before.inHour : 0) + 1;
        const isWritten = times <= writtenEachHour || Number.isInteger(Math.log10(times));
        const unwritten = (before?.unwritten ?? 0) + (isWritten ? 0 : 1);
        await counts.set(keyOf(guildId, memberId), { hour, inHour: times, unwritten });
        if (!isWritten) return;
        await audit.append(guildId, {
          action: 'prompt-refused',
          actorId: 'bot',
          memberId,
          details: {
            ...(rule === undefined ? {} : { rule }),
            entry,
            prompt: shorten(prompt, promptInLog),
            ...(times > writtenEachHour ? { times } : {}),
          },
        });
      }),

    unwritten: async (guildId, memberId) => (await counts.get(keyOf(guildId, memberId)))?.unwritten ?? 0,
  };
}
