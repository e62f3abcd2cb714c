// Finds out whether PUBLIC_URL leads here, by calling it as Runflow would: a signed POST to the address of callbacks, with
// a nonce. Only a process of this bot can answer it.
import { createHmac, randomBytes } from 'node:crypto';
import { request } from 'undici';
import { z } from 'zod';
import type { Clock } from '../clock.ts';
import { asError } from '../errors.ts';
import { readJson } from '../json.ts';
import type { Log } from '../log.ts';
import { sign, signatureHeader } from './callback.ts';

export type SelfCall = {
  /** What to answer to a body that is a call of this kind; undefined for any other. */
  answer(json: unknown): string | undefined;
  /** Calls until it gets through, and says once when it does not. */
  start(): void;
  /** A run's end had to be fetched, because no callback had come. */
  missed(): void;
  /** A callback came. */
  heard(): void;
  stop(): void;
};

const answerMs = 10_000;
/** A reverse proxy may need some seconds until it takes this process for ready. */
const pausesMs = [2_000, 8_000, 20_000] as const;
const longPauseMs = 10 * 60_000;
/** So many in a row are no coincidence. */
const missedInRow = 3;

const event = 'darkroom.self_call';
const shape = z.object({ event: z.literal(event), nonce: z.string().regex(/^[0-9a-f]{32}$/) });
const reply = z.object({ self: z.string() });

export function createSelfCall(options: {
  callbackUrl: string | undefined;
  secrets: readonly string[];
  /** What the processes of this bot share, and nobody else knows. */
  shared: string;
  onMissed: () => void;
  clock: Clock;
  log: Log;
}): SelfCall {
  const { callbackUrl, secrets, clock, log } = options;
  const key = createHmac('sha256', options.shared).update(event).digest();
  const prove = (nonce: string) => createHmac('sha256', key).update(nonce).digest('hex');
  let cancel = () => {};
  let stopped = false;
  let inRow = 0;
  let saidMissed = false;

  /** @returns what is wrong, if anything */
  async function call(url: string): Promise<string | undefined> {
    const nonce = randomBytes(16).toString('hex');
    const sent = Buffer.from(JSON.stringify({ event, nonce }));
    const [secret] = secrets;
    try {
      const { statusCode, body } = await request(url, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          ...(secret === undefined ? {} : { [signatureHeader]: sign(secret, sent) }),
        },
        body: sent,
        reset: true,
        signal: AbortSignal.timeout(answerMs),
      });
      const text = (await body.text()).slice(0, 1_000);
      if (statusCode >= 300 && statusCode < 400)
        return `it answers with a redirect (${statusCode}), which is not followed`;
      if (statusCode !== 200) return `it answers with ${statusCode}`;
      const isOurs = reply.safeParse(readJson(text)).data?.self === prove(nonce);
      return isOurs ? undefined : 'something else answers there';
    } catch (error) {
      return asError(error).message || 'no answer';
    }
  }

  async function attempt(url: string, tries: number, said: boolean): Promise<void> {
    const problem = await call(url);
    if (stopped) return;
    if (problem === undefined) {
      log[said ? 'info' : 'debug']('PUBLIC_URL leads here');
      return;
    }
    const isLast = tries === pausesMs.length;
    if (isLast) {
      log.warn(
        `PUBLIC_URL: ${url} does not lead here, as far as can be told from here: ${problem}. Until it does, results take some seconds longer`,
      );
    }
    cancel = clock.after(pausesMs[tries] ?? longPauseMs, () => void attempt(url, tries + 1, said || isLast));
  }

  return {
    answer(json) {
      const { data } = shape.safeParse(json);
      return data && prove(data.nonce);
    },
    start() {
      if (callbackUrl !== undefined) void attempt(callbackUrl, 0, false);
    },
    missed() {
      options.onMissed();
      inRow += 1;
      if (inRow < missedInRow || saidMissed) return;
      saidMissed = true;
      log.warn(`PUBLIC_URL: no callback came for the last ${inRow} runs; their ends were fetched, some seconds later`);
    },
    heard() {
      inRow = 0;
      saidMissed = false;
    },
    stop() {
      stopped = true;
      cancel();
    },
  };
}
