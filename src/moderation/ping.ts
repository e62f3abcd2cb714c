// Whom a message in the review channel pings: the role that the server chose, once when something comes after a quiet
// while; what follows soon after it pings nobody.
import { z } from 'zod';
import type { Clock } from '../clock.ts';
import type { SettingsStore } from '../settings/settings.ts';
import { exclusively } from '../store/exclusive.ts';
import { createForgetful, type Store } from '../store/store.ts';

/** As long as nothing came for this long, nobody is looking at the channel any more. */
export const quietMs = 30 * 60_000;

/** The last that came, and what pinged when the quiet ended. */
const stored = z.object({ at: z.number(), by: z.string() });

/**
 * Notes that something comes into a server's review channel.
 * @param what names it, so that a second try at the same message pings like the first
 * @returns the role to ping; undefined when nobody is to be
 */
export type Ping = (guildId: string, what: string) => Promise<string | undefined>;

export function createPing(options: { settings: Pick<SettingsStore, 'get'>; store: Store; clock: Clock }): Ping {
  const { store, clock } = options;
  const lately = createForgetful(store.space('pinged'), (value) => stored.safeParse(value).data);
  return async (guildId, what) => {
    const { ping } = await options.settings.get(guildId);
    if (ping === undefined) return undefined;
    return exclusively(store, clock, `pinged:${guildId}`, async () => {
      const now = clock.now();
      const last = await lately.get(guildId);
      const isQuiet = last === undefined || now - last.at >= quietMs;
      const by = isQuiet ? what : last.by;
      await lately.set(guildId, { at: now, by }, quietMs);
      return by === what ? ping : undefined;
    });
  };
}
