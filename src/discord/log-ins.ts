// Spends log-ins (IDENTIFY) with care: Discord allows some 1,000 a day, and resets the token of a bot that takes more.
// Every log-in of every process passes here, those that discord.js makes by itself included, so no loop can use them up.
import { z } from 'zod';
import type { Clock } from '../clock.ts';
import type { Log } from '../log.ts';
import type { Pace, Throttle } from '../store/throttle.ts';

export type LogIns = {
  /**
   * Resolves when Discord allows another one, with the number of shards that it recommends.
   * @param ask reads `/gateway/bot`. @throws what that threw
   */
  allowed(ask: () => Promise<unknown>, stopped: () => boolean): Promise<number>;
  /** For discord.js: waits until a shard may identify. @param count all shards of the bot */
  waitForIdentify(shardId: number, count: number, signal: AbortSignal): Promise<void>;
};

/** So many at once: connections break, and the bot is started again. */
const burst = 20;
/** Every shard may log in so often at once: a start of all, and another one. */
const startsAtOnce = 2;
const dayMs = 24 * 3_600_000;
/** Of what Discord allows in a day; the other half is for other programs with the same token, and for a person. */
const share = 0.5;
/** An exhausted limit is looked at again after this long at most: it may have been raised. */
const lookMs = 5 * 60_000;

const gatewayBot = z.object({
  shards: z.number().int().positive().default(1),
  session_start_limit: z.object({
    total: z.number(),
    remaining: z.number(),
    reset_after: z.number(),
    max_concurrency: z.number().default(1),
  }),
});

/** @param options.laneMs between two of one lane of shards: Discord's five seconds, and the way there may be uneven */
export function createLogIns(options: { throttle: Throttle; laneMs: number; clock: Clock; log: Log }): LogIns {
  const { throttle, laneMs, clock, log } = options;
  let total = 1_000;
  let lanes = 1;

  const pause = (ms: number, signal?: AbortSignal) =>
    new Promise<void>((resolve, reject) => {
      const abort = () => {
        cancel();
        reject(signal?.reason);
      };
      const cancel = clock.after(ms, () => {
        signal?.removeEventListener('abort', abort);
        resolve();
      });
      signal?.addEventListener('abort', abort, { once: true });
    });

  async function takeTurn(name: string, pace: Pace, signal: AbortSignal, onWait: () => void): Promise<void> {
    for (let waited = false; ; waited = true) {
      const { granted, waitMs } = await throttle.take(name, pace, 1);
      // The connection may have closed meanwhile; then nobody identifies.
      signal.throwIfAborted();
      if (granted > 0) return;
      if (!waited) onWait();
      await pause(Math.max(1, Math.ceil(waitMs)), signal);
    }
  }

  return {
    async allowed(ask, stopped) {
      let said = false;
      while (true) {
        const { shards, session_start_limit: limit } = gatewayBot.parse(await ask());
        total = Math.max(1, limit.total);
        lanes = Math.max(1, limit.max_concurrency);
        if (limit.remaining > 0 || stopped()) return shards;
        if (!said) {
          const until = new Date(clock.now() + limit.reset_after).toISOString();
          log.error({ until }, 'Discord allows this bot no more log-ins until then: it was started too often');
        }
        said = true;
        await pause(Math.min(lookMs, Math.max(1_000, limit.reset_after)));
      }
    },

    async waitForIdentify(shardId, count, signal) {
      const most = Math.max(burst, Math.min(startsAtOnce * count, Math.floor((total * share) / 2)));
      const everyMs = dayMs / (total * share);
      await takeTurn('log-ins', { most, everyMs }, signal, () =>
        log.warn({ everyMs }, 'Discord ends the connection again and again; the next log-ins are spaced out'),
      );
      // Right before it leaves: the pace of a lane is that of the log-ins themselves.
      if (laneMs > 0) await takeTurn(`identify:${shardId % lanes}`, { most: 1, everyMs: laneMs }, signal, () => {});
    },
  };
}
