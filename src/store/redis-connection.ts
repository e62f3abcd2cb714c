// The connection to Redis: every call has a timer, because a stopped server takes commands and answers none; watched, so
// that one that hangs is noticed also while nothing is asked of it; and opened again by itself.
import { createClient } from '@keyv/redis';
import { systemClock, within } from '../clock.ts';
import { asError, StartError } from '../errors.ts';
import { guarded, type StoreNews } from './store.ts';

/** Longest wait for an answer: whoever has to acknowledge an interaction has three seconds, also on a busy machine. */
const answerMs = 1_800;
/** A write that is done this late cannot be answered in time, so it is not done. */
const onTheWayMs = 250;
/** Often enough for nobody to come first, seldom enough to cost an idle process next to nothing. */
const usualWatchMs = 5_000;
const watchAnswerMs = 1_700;
const pauseMs = 100;
const longestPauseMs = 2_000;
/** Pauses as short as the first, so that a server that is started anew is met soon. */
const quickTries = 12;
/** A server that is away no longer than this is waited for: half of the time until an interaction must be answered. */
const absenceMs = 1_500;
/** What only the operator can change. */
const refusal = /WRONGPASS|NOAUTH|NOPERM|DB index is out of range|AUTH <password>/;

export type Connection = ReturnType<typeof createConnection>;
export type RedisClient = ReturnType<typeof openClient>;

function openClient(url: string) {
  const client = createClient({
    url,
    // Fail at once if the server is down, so that a member gets an answer instead of waiting.
    disableOfflineQueue: true,
    // This file reconnects: the client's own way would wait for ever for a greeting that does not come.
    socket: { connectTimeout: answerMs, keepAlive: true, keepAliveInitialDelay: 1_000, reconnectStrategy: false },
  });
  // Every space adds one of its own.
  client.setMaxListeners(0);
  return client;
}

const rest = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms).unref());

/** @param check looks at what the server holds; `connected`: for the first time on this connection */
export function createConnection(
  url: string,
  news: StoreNews,
  check: (connected: boolean) => Promise<void>,
  watchMs = usualWatchMs,
) {
  const client = openClient(url);
  let closed = false;
  let opened = false;
  /** While the connection is lost: until when calls wait for it, and what they wait for. */
  let absence: { until: number; over: Promise<void> } | undefined;
  let watch: NodeJS.Timeout | undefined;
  /** The server's clock minus our monotonic one. */
  let ahead = 0;

  /** Gives up a server that hangs: whoever called has waited long enough. */
  function drop(): void {
    if (client.isOpen) client.destroy();
    reopen(0);
  }

  /** Waits for a server that has just gone. @returns what is left of `withinMs` */
  async function waitForIt(withinMs: number): Promise<number> {
    const began = performance.now();
    const mostMs = Math.min((absence?.until ?? 0) - began, withinMs / 2);
    if (!absence || mostMs <= 0) return withinMs;
    await within(systemClock, mostMs, absence.over, () => {});
    return withinMs - (performance.now() - began);
  }

  /** Runs a call; when no answer comes for long, gives the connection up. */
  function answered<Result>(call: () => Promise<Result>, ms = answerMs, strict = false): Promise<Result> {
    const late = () => {
      // Whoever had less time to wait cannot tell that it hangs.
      if (opened && ms >= watchAnswerMs) drop();
      throw new Error(`no answer within ${Math.round(ms)} ms`);
    };
    return within(systemClock, ms, call(), late, strict);
  }

  async function connectOnce(): Promise<void> {
    try {
      await answered(() => client.connect());
      await readTime();
      await answered(() => check(true));
    } catch (error) {
      if (client.isOpen) client.destroy();
      throw error;
    }
  }

  async function readTime(): Promise<void> {
    const [seconds, micros] = await answered(() => client.sendCommand<[string, string]>(['TIME']), watchAnswerMs);
    // Reckoned from when the answer came: a deadline is rather too early than too late.
    ahead = Number(seconds) * 1_000 + Number(micros) / 1_000 - performance.now();
  }

  function reopen(waitMs: number): void {
    if (absence || closed || !opened) return;
    const over = Promise.withResolvers<void>();
    absence = { until: performance.now() + waitMs, over: over.promise };
    void (async () => {
      for (let tries = 0; !closed; tries += 1) {
        try {
          await connectOnce();
          break;
        } catch {
          await rest(Math.min(longestPauseMs, pauseMs * 2 ** Math.max(0, tries - quickTries)));
        }
      }
      absence = undefined;
      over.resolve();
    })();
  }

  // The failing calls report errors; without a listener, the client would end the process.
  client.on('error', () => {
    if (!client.isOpen) reopen(absenceMs);
  });

  let looks = 0;
  /** One question, of two by turns. */
  async function look(): Promise<void> {
    if (!client.isReady || absence) return;
    looks += 1;
    if (looks % 2 === 0) await readTime();
    else await answered(() => check(false), watchAnswerMs);
  }

  return {
    client,
    /**
     * @param call what to do within so many milliseconds
     * @param withinMs how long the caller can wait, if not as long as usual
     */
    call: <Result>(what: string, call: (leftMs: number) => Promise<Result>, withinMs?: number) =>
      guarded(what, async () => {
        const leftMs = await waitForIt(Math.min(withinMs ?? answerMs, answerMs));
        return answered(() => call(leftMs), leftMs, withinMs !== undefined);
      }),
    /** The server's time, by which records expire. */
    serverNow: () => performance.now() + ahead,
    /** The server's time after which a write of now may no longer happen: its sender has given up by then. */
    deadline: (withinMs: number) => performance.now() + ahead + withinMs - onTheWayMs,
    readTime,

    /** Waits for a server that is away or loading. @throws {StartError} for what waiting does not mend */
    async open(): Promise<void> {
      let said = '';
      for (let tries = 0; ; tries += 1) {
        try {
          await connectOnce();
          break;
        } catch (thrown) {
          if (thrown instanceof StartError) throw thrown;
          const { message } = asError(thrown);
          if (refusal.test(message)) throw new StartError([`STORE_URL: Redis does not let us in: ${message}`]);
          if (message !== said) news.trouble(`Redis cannot be used yet (${message}); waiting for it`);
          said = message;
          await new Promise((resolve) => setTimeout(resolve, Math.min(longestPauseMs, pauseMs * 2 ** tries)));
        }
      }
      opened = true;
      watch = setInterval(() => void look().catch(() => {}), watchMs);
      watch.unref();
    },

    async close(): Promise<void> {
      closed = true;
      clearInterval(watch);
      if (!client.isOpen) return;
      await answered(() => client.close()).catch(() => {});
      if (client.isOpen) client.destroy();
    },
  };
}
