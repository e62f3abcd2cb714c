// When an edit is looked at again: the same contract for the timers of one process and for the jobs that several share;
// then what only the jobs promise.
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type Clock, systemClock } from '../../src/clock.ts';
import { createSharedTimers } from '../../src/lifecycle/shared-timers.ts';
import { createTimers, type Timers } from '../../src/lifecycle/timers.ts';
import type { Jobs } from '../../src/store/jobs.ts';
import { openRedisJobs } from '../../src/store/redis-jobs.ts';
import { noRedis, type RedisServer, startRedis } from '../redis-server.ts';
import { RawRedis } from '../store/raw-redis.ts';
import { pause } from '../support.ts';

type Work = (id: string) => unknown;
type Make = (url: string, work: Work, works?: boolean) => Promise<Timers>;

const quickly = { lockMs: 300, lookMs: 200 };
const closing: (() => unknown)[] = [];
afterEach(async () => {
  await Promise.all(closing.splice(0).map((close) => close()));
});
let redis: RedisServer | undefined;
beforeAll(async () => {
  if (!noRedis) redis = await startRedis();
});
afterAll(() => redis?.kill());

const own: Make = async (_url, work) => {
  const timers = createTimers(systemClock, work);
  closing.push(() => timers.stop());
  return timers;
};

const shared: Make = async (url, work, works = true) => {
  const jobs = await openRedisJobs(url, works, { trouble: (message) => expect.unreachable(message) }, quickly);
  const timers = createSharedTimers(jobs, systemClock, work);
  closing.push(async () => {
    timers.stop();
    await jobs.close();
  });
  return timers;
};

/** Notes when each edit was worked on, in milliseconds from now. */
function createNotes() {
  const began = Date.now();
  const notes: { id: string; afterMs: number }[] = [];
  const work = (id: string) => void notes.push({ id, afterMs: Date.now() - began });
  return { notes, work, ids: () => notes.map(({ id }) => id) };
}

const engines = [{ name: 'timers of one process', make: own }];
if (!noRedis) engines.push({ name: 'jobs on Redis', make: shared });

describe.each(engines)('$name', ({ make }) => {
  const url = () => redis?.url() ?? '';

  it('have an edit looked at when it is due, and not before', async () => {
    const { notes, work } = createNotes();
    const timers = await make(url(), work);
    timers.begin();
    const madeAt = Date.now();
    timers.schedule('1', madeAt + 250);
    timers.schedule('2', madeAt - 5_000);
    expect(timers.knows('1')).toBe(true);
    expect(timers.knows('3')).toBe(false);
    await expect.poll(() => notes.length).toBe(2);
    expect(notes[0]?.id).toBe('2');
    expect(notes[1]?.afterMs).toBeGreaterThanOrEqual(249);
    expect(timers.knows('1')).toBe(false);
  });

  it('replace what was said before, and do once what is said twice', async () => {
    const { work, ids } = createNotes();
    const timers = await make(url(), work);
    timers.begin();
    const now = Date.now();
    timers.schedule('sooner', now + 60_000);
    timers.schedule('sooner', now + 100);
    timers.schedule('later', now + 100);
    timers.schedule('later', now + 60_000);
    timers.schedule('never', Number.POSITIVE_INFINITY);
    for (let times = 0; times < 5; times += 1) timers.schedule('twice', now + 120);
    await expect.poll(ids).toEqual(expect.arrayContaining(['sooner', 'twice']));
    await pause(200);
    expect(ids().toSorted()).toEqual(['sooner', 'twice']);
    expect(timers.knows('later')).toBe(true);
  });

  it('have an edit that was just taken in looked at now', async () => {
    const { notes, work } = createNotes();
    const timers = await make(url(), work);
    timers.begin();
    timers.hand('1');
    await expect.poll(() => notes.map(({ id }) => id)).toEqual(['1']);
  });

  it('forget what is canceled', async () => {
    const { work, ids } = createNotes();
    const timers = await make(url(), work);
    timers.begin();
    timers.schedule('1', Date.now() + 100);
    timers.schedule('2', Date.now() + 150);
    timers.cancel('1');
    timers.cancel('3');
    expect(timers.knows('1')).toBe(false);
    await expect.poll(ids).toEqual(['2']);
  });

  it('lose nothing that is put off while it is worked on, not even to the same moment', async () => {
    let times = 0;
    const dueAt = Date.now() + 50;
    const timers = await make(url(), () => {
      times += 1;
      if (times < 4) timers.schedule('1', dueAt);
    });
    timers.begin();
    timers.schedule('1', dueAt);
    await expect.poll(() => times).toBe(4);
    expect(timers.knows('1')).toBe(false);
  });

  it('start nothing once they are stopped', async () => {
    const { work, ids } = createNotes();
    const timers = await make(url(), work);
    timers.begin();
    timers.schedule('1', Date.now() + 50);
    timers.stop();
    timers.schedule('2', Date.now());
    await pause(150);
    expect(ids()).toEqual([]);
    expect(timers.knows('1')).toBe(false);
  });
});

it('a job that another process has begin early is looked at, but not again and again', async () => {
  const { work, ids } = createNotes();
  let begin: Parameters<Jobs['take']>[0] = async () => {};
  const jobs: Jobs = {
    add: () => {},
    remove: () => {},
    take: (done) => {
      begin = done;
    },
    stop: () => {},
    close: async () => {},
  };
  const pauses: (() => void)[] = [];
  const waiting: number[] = [];
  const clock: Clock = {
    ...systemClock,
    after(ms, callback) {
      waiting.push(ms);
      pauses.push(callback);
      return () => {};
    },
  };
  const timers = createSharedTimers(jobs, clock, work);
  timers.begin();
  const far = begin('far', `far-${Date.now() + 3_600_000}`, false);
  const now = begin('now', `now-${Date.now()}`, false);
  await now;
  expect(ids()).toEqual(['now']);
  expect(waiting).toEqual([10_000]);
  for (const go of pauses) go();
  await far;
  expect(ids()).toEqual(['now', 'far']);
});

describe.skipIf(noRedis)('jobs of several processes', () => {
  it('are each done by one of them, whoever made them', async () => {
    const url = redis?.url() ?? '';
    const [one, other, idle] = [createNotes(), createNotes(), createNotes()];
    const first = await shared(url, one.work);
    const second = await shared(url, other.work);
    // Like a process that only takes interactions.
    const third = await shared(url, idle.work, false);
    for (const timers of [first, second, third]) timers.begin();
    const dueAt = Date.now() + 100;
    const ids = Array.from({ length: 40 }, (_, index) => `${index}`);
    for (const id of ids) for (const timers of [first, third]) timers.schedule(id, dueAt);
    const all = () => [...one.ids(), ...other.ids()];
    await expect.poll(() => all().length).toBe(ids.length);
    await pause(100);
    expect(all().toSorted()).toEqual(ids.toSorted());
    expect(idle.ids()).toEqual([]);
  });

  it('are taken over when the process that does them dies, and leave nothing behind', async () => {
    const url = redis?.url() ?? '';
    const began = Promise.withResolvers<void>();
    const dying = await openRedisJobs(url, true, { trouble() {} }, quickly);
    dying.take(() => {
      began.resolve();
      return new Promise(() => {});
    });
    dying.add('1', '1-1', 0);
    await began.promise;
    await dying.close();
    const { work, ids } = createNotes();
    const timers = await shared(url, work);
    timers.begin();
    await expect.poll(ids, { timeout: 5_000 }).toEqual(['1']);
    await expect
      .poll(async () => (await new RawRedis(url).send('KEYS', 'darkroom:edits:*')).match(/edits:[\w-]+/g)?.toSorted())
      .toEqual(['edits:events', 'edits:id', 'edits:meta', 'edits:stalled-check']);
  });

  it('are looked for again when Redis is back', async () => {
    const server = await startRedis();
    closing.push(() => server.kill());
    const { work, ids } = createNotes();
    const jobs = await openRedisJobs(server.url(), true, { trouble() {} }, quickly);
    closing.push(() => jobs.close());
    const timers = createSharedTimers(jobs, systemClock, work);
    timers.begin();
    timers.schedule('1', Date.now());
    await expect.poll(ids).toEqual(['1']);
    await server.kill();
    timers.schedule('2', Date.now() + 100);
    await pause(300);
    await server.restart();
    timers.schedule('3', Date.now());
    await expect.poll(() => ids().toSorted(), { timeout: 10_000 }).toEqual(['1', '2', '3']);
  });
});
