// What is due later, as jobs of BullMQ in the same Redis: any process that works takes them. A job says only which record
// to look at, and when; the record is the truth, so a job too many or too late does no harm.
import { createClient } from '@keyv/redis';
import { Queue, Worker } from 'bullmq';
import { asError } from '../errors.ts';
import type { Jobs } from './jobs.ts';
import { prefix } from './redis-names.ts';
import type { StoreNews } from './store.ts';

const queueName = 'edits';
/** A process that dies keeps its jobs this long; then the next look for such jobs gives them to another. */
const taken = { lockMs: 4_000, lookMs: 5_000 };
/** Longest wait for a job in one command, in seconds; BullMQ waits at most ten while it knows of a later one. */
const blockSeconds = 30;
/** A connection that brings nothing for longer is dead: above all pauses between two answers. */
const silentMs = 40_000;
const connectMs = 5_000;
const pauseMs = 100;
const longestPauseMs = 2_000;
/** How often a job is added once more when that failed. */
const mostAdds = 5;
/** Kept of what BullMQ tells of its jobs, for a dashboard. */
const eventsKept = 1_000;
/** Jobs are cheap; what they do has limits of its own. */
const jobsAtOnce = 4_096;
const closeWithinMs = 1_000;

/** @param isClosed whether it need not come back */
function connect(url: string, isClosed: () => boolean) {
  const client = createClient({
    url,
    socket: {
      connectTimeout: connectMs,
      socketTimeout: silentMs,
      reconnectStrategy: (tries) => !isClosed() && Math.min(longestPauseMs, pauseMs * 2 ** Math.min(tries, 10)),
    },
  });
  client.on('error', () => {});
  return client;
}

/** @param works whether this process takes jobs; otherwise it only adds them */
export async function openRedisJobs(
  url: string,
  works: boolean,
  news: Pick<StoreNews, 'trouble'>,
  { lockMs, lookMs } = taken,
): Promise<Jobs> {
  let stopped = false;
  const client = connect(url, () => stopped);
  await client.connect();
  // An account may not ask which version it is; then BullMQ takes it for an old one, and may be a second late.
  const skipVersionCheck = await client.info('server').then(
    () => false,
    () => true,
  );
  // Keys begin like all of ours, so that an account can be limited to them.
  const shared = { prefix: prefix.slice(0, -1), skipVersionCheck };
  const queue = new Queue(queueName, {
    ...shared,
    connection: client,
    streams: { events: { maxLen: eventsKept } },
    defaultJobOptions: { removeOnComplete: true, removeOnFail: true },
  });
  let said = '';
  let worker: Worker | undefined;

  /** The store tells of a Redis that is away; here the same word is told once. */
  function onError(thrown: unknown): void {
    const { message } = asError(thrown);
    if (stopped || !client.isReady || message === said) return;
    said = message;
    news.trouble(`the queue of due edits: ${message}`);
  }
  queue.on('error', onError);

  type Due = { key: string; name: string; dueAt: number; handed: boolean };

  /** What was lost with the connection is added once more; in the end, what has no job is found where it is due. */
  async function add(due: Due, tries: number): Promise<void> {
    if (stopped) return;
    try {
      const delay = Math.max(0, Math.ceil(due.dueAt - Date.now()));
      await queue.add('edit', { edit: due.key, handed: due.handed }, { jobId: due.name, delay });
    } catch (thrown) {
      onError(thrown);
      if (tries < mostAdds) setTimeout(() => void add(due, tries + 1), pauseMs * 2 ** tries).unref();
    }
  }

  return {
    add(key, name, inMs, handed = false) {
      void add({ key, name, dueAt: Date.now() + inMs, handed }, 0);
    },
    remove(name) {
      if (!stopped) queue.remove(name).catch(onError);
    },
    take(work) {
      if (!works || worker || stopped) return;
      worker = new Worker(queueName, ({ id = '', data }) => work(String(data.edit), id, data.handed === true), {
        ...shared,
        connection: client,
        concurrency: jobsAtOnce,
        drainDelay: blockSeconds,
        lockDuration: lockMs,
        stalledInterval: lookMs,
        // However often processes die over it: what is done about an edit is decided by its record.
        maxStalledCount: Number.MAX_SAFE_INTEGER,
        runRetryDelay: longestPauseMs,
      });
      worker.on('error', onError);
    },
    stop() {
      stopped = true;
      void worker?.pause(true).catch(onError);
    },
    async close() {
      stopped = true;
      const withinTime = (work: Promise<unknown>) =>
        Promise.race([work.catch(onError), new Promise((resolve) => setTimeout(resolve, closeWithinMs).unref())]);
      // Its jobs have ended by now, as far as they do; a Redis that is away must not hold up the stop.
      if (worker) await withinTime(worker.close(true));
      await withinTime(queue.close());
      if (client.isOpen) client.destroy();
    },
  };
}
