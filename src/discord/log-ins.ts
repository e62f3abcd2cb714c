// Spends log-ins (IDENTIFY) with care: Discord allows some 1,000 a day, and resets the token of a bot that takes more.
// Every log-in passes here, those that discord.js makes by itself included, so no loop can use them up.
import { z } from 'zod';
import type { Clock } from '../clock.ts';
import type { Log } from '../log.ts';

export type LogIns = {
  /** Resolves when Discord allows another one. @throws what the request threw */
  allowed(ask: () => Promise<unknown>, stopped: () => boolean): Promise<void>;
  /** For discord.js: waits until a shard may identify. */
  waitForIdentify(shardId: number, signal: AbortSignal): Promise<void>;
};

/** So many at once: connections break, and the bot is started again. */
const burst = 20;
const dayMs = 24 * 3_600_000;
/** Of what Discord allows in a day; the other half is for starts of the process, which forget. */
const share = 0.5;
/** Between two of one lane of shards, as Discord demands. */
const laneMs = 5_000;
/** An exhausted limit is looked at again after this long at most: it may have been raised. */
const lookMs = 5 * 60_000;

const gatewayBot = z.object({
  session_start_limit: z.object({
    total: z.number(),
    remaining: z.number(),
    reset_after: z.number(),
    max_concurrency: z.number().default(1),
  }),
});

export function createLogIns({ clock, log }: { clock: Clock; log: Log }): LogIns {
  let everyMs = dayMs / (1_000 * share);
  let lanes = 1;
  let left = burst;
  let refilledAt = clock.elapsed();
  const lastOfLane = new Map<number, number>();

  function refill(): void {
    const now = clock.elapsed();
    left = Math.min(burst, left + (now - refilledAt) / everyMs);
    refilledAt = now;
  }

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

  return {
    async allowed(ask, stopped) {
      let said = false;
      while (true) {
        const { session_start_limit: limit } = gatewayBot.parse(await ask());
        everyMs = dayMs / (Math.max(1, limit.total) * share);
        lanes = Math.max(1, limit.max_concurrency);
        if (limit.remaining > 0 || stopped()) return;
        if (!said) {
          const until = new Date(clock.now() + limit.reset_after).toISOString();
          log.error({ until }, 'Discord allows this bot no more log-ins until then: it was started too often');
        }
        said = true;
        await pause(Math.min(lookMs, Math.max(1_000, limit.reset_after)));
      }
    },

    async waitForIdentify(shardId, signal) {
      refill();
      if (left < 1)
        log.warn({ everyMs }, 'Discord ends the connection again and again; the next log-ins are spaced out');
      while (left < 1) {
        await pause(Math.ceil((1 - left) * everyMs), signal);
        refill();
      }
      left -= 1;
      const lane = shardId % lanes;
      const waitMs = (lastOfLane.get(lane) ?? Number.NEGATIVE_INFINITY) + laneMs - clock.elapsed();
      lastOfLane.set(lane, clock.elapsed() + Math.max(0, waitMs));
      if (waitMs > 0) await pause(waitMs, signal);
    },
  };
}
