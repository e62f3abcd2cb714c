// What one edit costs in the store: statements on SQLite, commands on Redis, from the interaction to the posted picture.
import { createConnection } from 'node:net';
import { DatabaseSync, StatementSync } from 'node:sqlite';
import { afterEach, expect, test, vi } from 'vitest';
import { createLab, type Lab } from '../lab.ts';
import { noRedis, startRedis } from '../redis-server.ts';
import { pause } from '../support.ts';

const edits = 10;
const most = 20;

const closing: (() => unknown)[] = [];
afterEach(async () => {
  vi.restoreAllMocks();
  for (const close of closing.splice(0).reverse()) await close();
});

/** Long leases and pauses: nothing but the edits themselves. Originals are put away later, and cost what they cost then. */
const calm = {
  leaseMs: 30_000,
  rescanMs: 600_000,
  leadMs: 900_000,
  leadLookMs: 600_000,
  callbackOverdueMs: 30_000,
  keepAfterMs: 600_000,
};

async function deliverSome(lab: Lab): Promise<void> {
  const done = () => lab.logs.filter(({ msg }) => msg === 'edit delivered').length;
  for (let index = 0; index < edits; index += 1) {
    const before = done();
    lab.edit('sepia');
    await lab.until('delivered', () => done() > before);
  }
  await pause(300);
}

test.each([
  { callbacks: true, more: 0 },
  { callbacks: false, more: 0 },
  // A limit: what is left is read and written with the edit, in one transaction, and settled once the picture is posted.
  { callbacks: true, more: 8, env: { MEMBER_EDITS_PER_DAY: '1000' } },
])('an edit takes few statements of SQLite ($callbacks, $env)', async ({ callbacks, more, env }) => {
  const lab = await createLab({ timing: calm, callbacks, ...(env ? { env } : {}) });
  let statements = 0;
  for (const method of ['run', 'get', 'all'] as const) {
    const real = StatementSync.prototype[method];
    vi.spyOn(StatementSync.prototype, method).mockImplementation(function (this: StatementSync, ...args) {
      statements += 1;
      return Reflect.apply(real, this, args);
    });
  }
  const exec = DatabaseSync.prototype.exec;
  vi.spyOn(DatabaseSync.prototype, 'exec').mockImplementation(function (this: DatabaseSync, sql) {
    statements += 1;
    return Reflect.apply(exec, this, [sql]);
  });
  await deliverSome(lab);
  expect(statements / edits).toBeGreaterThan(5);
  expect(statements / edits).toBeLessThanOrEqual(most + more);
});

test.skipIf(noRedis).each([true, false])('an edit takes few commands of Redis (callbacks: %s)', async (callbacks) => {
  const redis = await startRedis();
  closing.push(() => redis.kill());
  const url = new URL(redis.url());
  const lab = await createLab({ timing: calm, callbacks, env: { STORE_URL: url.href } });
  // The scripts' texts are sent once.
  lab.edit('blur');
  await lab.until('the first', () => lab.logs.some(({ msg }) => msg === 'edit delivered'));
  let seen = '';
  const socket = createConnection(Number(url.port), url.hostname);
  closing.push(() => socket.destroy());
  socket.on('data', (data) => {
    seen += data.toString('latin1');
  });
  socket.write('MONITOR\r\n');
  await pause(100);
  await deliverSome(lab);
  const watch = /"TIME"|"darkroom:mark"/;
  // What a script does inside counts as the script.
  const commands = seen.split('\r\n').filter((line) => /\[\d+ 127/.test(line) && !watch.test(line));
  expect(commands.length / edits).toBeGreaterThan(5);
  // More than in a process that shares its store with nobody: the claim of the interaction; the job that says when to look
  // again, made, waited for and taken back; and its part of what Discord (a look at the channel) and Runflow (the run, a
  // poll) allow to all together.
  // Without callbacks there are as many polls as it takes, each with its leave to ask.
  expect(commands.length / edits).toBeLessThanOrEqual(most + (callbacks ? 7 : 10));
});
