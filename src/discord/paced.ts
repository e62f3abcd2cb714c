// Keeps the bot's requests within Discord's limit of 50 a second, which counts those of all processes together; and when
// Discord says that the bot as a whole has to pause, every process does. Source: Discord's documentation of rate limits.
import type { Clock } from '../clock.ts';
import { believed, DiscordTrouble } from '../errors.ts';
import type { Throttle } from '../store/throttle.ts';
import type { Outbound, Transport } from './transport.ts';

/** At most 45 leave in any second, five of them at once: they arrive less evenly than they left. */
const pace = { most: 5, everyMs: 25 };
const name = 'discord';
/** Whoever would wait longer is told until when instead. */
const patientMs = 5_000;

/** Acknowledgements and replies carry no token of the bot, and do not count. */
const counts = ({ headers = {} }: Outbound) =>
  Object.keys(headers).some((header) => header.toLowerCase() === 'authorization');

/** How long the bot as a whole has to pause after this answer, in milliseconds. */
function pauseOf({ status, headers }: Response): number {
  const isGlobal = headers.has('x-ratelimit-global') || headers.get('x-ratelimit-scope') === 'global';
  const seconds = Number(headers.get('retry-after'));
  return status === 429 && isGlobal && seconds > 0 ? believed(seconds * 1_000) : 0;
}

type Waiting = { go: () => void; refuse: (error: Error) => void };

/** @returns the same `makeRequest`, in turn */
export function createPaced(options: {
  makeRequest: Transport['makeRequest'];
  throttle: Throttle;
  clock: Pick<Clock, 'after'>;
}): Transport['makeRequest'] {
  const { throttle, clock } = options;
  const line: Waiting[] = [];
  let asking = false;

  /** Asks once for all who wait, so that many requests cost few questions. */
  async function move(): Promise<void> {
    asking = true;
    while (line.length > 0) {
      const { granted, waitMs } = await throttle.take(name, pace, Math.min(line.length, pace.most));
      for (const { go } of line.splice(0, granted)) go();
      if (waitMs > patientMs) {
        const error = new DiscordTrouble('later', 'the bot as a whole is rate limited', undefined, waitMs);
        for (const { refuse } of line.splice(0)) refuse(error);
      } else if (granted === 0) {
        await new Promise<void>((resolve) => clock.after(Math.max(1, waitMs), resolve));
      }
    }
    asking = false;
  }

  return async (url, outbound) => {
    if (counts(outbound)) {
      await new Promise<void>((go, refuse) => {
        line.push({ go, refuse });
        if (!asking) void move();
      });
    }
    const answer = await options.makeRequest(url, outbound);
    const pauseMs = pauseOf(answer);
    if (pauseMs > 0) await throttle.pause(name, pauseMs);
    return answer;
  };
}
