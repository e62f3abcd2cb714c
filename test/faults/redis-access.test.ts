// How Redis is reached, and what it may refuse: over TLS with an account that may touch only our keys, in a database of a
// number; and while it takes no writes because its memory is full.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { startBot } from '../../sandbox/bot.ts';
import { closedPort } from '../http-server.ts';
import { noRedis, startRedis } from '../redis-server.ts';
import { RawRedis } from '../store/raw-redis.ts';
import { creates, delivered, expectOnce, inLab, shown } from './own-lab.ts';

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

/** A key and a certificate for this machine that nobody but its owner has signed. */
function createCertificate(folder: string) {
  const [key, certificate] = [join(folder, 'key.pem'), join(folder, 'certificate.pem')];
  const names = ['-subj', '/CN=darkroom', '-addext', 'subjectAltName=IP:127.0.0.1'];
  const args = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-keyout', key, '-out', certificate];
  execFileSync('openssl', [...args, ...names], { stdio: 'ignore' });
  return { key, certificate };
}

it.skipIf(noRedis)(
  'over rediss:// with user, password and number of the database, for keys of ours alone',
  { timeout: 60_000 },
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'darkroom-redis-'));
    closing.push(() => rmSync(folder, { recursive: true, force: true }));
    const { key, certificate } = createCertificate(folder);
    const tlsPort = await closedPort();
    const tls = ['--tls-port', `${tlsPort}`, '--tls-cert-file', certificate, '--tls-key-file', key];
    const redis = await startRedis([...tls, '--tls-ca-cert-file', certificate, '--tls-auth-clients', 'no']);
    closing.push(() => redis.kill());
    const raw = new RawRedis(redis.url());
    // What hosted servers give: nothing that looks at, or changes, the server as a whole.
    await raw.send('ACL', 'SETUSER', 'bot', 'on', '>open:sesame', 'resetkeys', '~darkroom:*', '+@all', '-@dangerous');
    await raw.send('ACL', 'SETUSER', 'default', 'off');
    const url = `rediss://bot:open%3Asesame@127.0.0.1:${tlsPort}/3`;
    await inLab({ idle: true, env: { STORE_URL: url } }, async (lab) => {
      const bot = startBot({ ...lab.env, NODE_EXTRA_CA_CERTS: certificate });
      try {
        await bot.ready();
        const edit = lab.edit('sepia');
        await lab.until('the picture', () => shown(lab, edit.id).length === 1);
        expectOnce(lab, edit);
        await bot.stop();
        // Also its reminder is kept there, and nothing complains.
        expect(bot.output()).not.toMatch(/NOPERM|cannot be used yet|"level":"error"/);
        expect(bot.output()).not.toContain('sesame');
      } finally {
        await bot.stop('SIGKILL');
      }
    });
  },
);

it.skipIf(noRedis)(
  'with its memory full it takes no edits, which is said before anything is paid; what is under way goes on later',
  { timeout: 60_000 },
  async () => {
    const redis = await startRedis();
    closing.push(() => redis.kill());
    const url = redis.url();
    const raw = new RawRedis(url);
    await inLab({ env: { STORE_URL: url } }, async (lab) => {
      const ready = async () => (await fetch(`${lab.url}/readyz`)).status;
      lab.runflow.hold();
      const before = lab.edit('blur');
      await lab.until('the run', () => lab.runs().length === 1);
      await raw.send('CONFIG', 'SET', 'maxmemory-policy', 'noeviction', 'maxmemory', '1');
      await expect.poll(ready).toBe(503);
      const refused = lab.edit('sepia');
      await refused.acknowledged;
      expect(refused.original()?.content).toContain('Nothing was charged');
      lab.runflow.release();
      await lab.until('the end', () => lab.runs()[0]?.status_code === 'succeeded');
      expect(shown(lab, before.id)).toEqual([]);
      await raw.send('CONFIG', 'SET', 'maxmemory', '0');
      await expect.poll(ready, { timeout: 10_000 }).toBe(200);
      const after = lab.edit('invert');
      await delivered(lab, [before, after]);
      for (const edit of [before, after]) expectOnce(lab, edit);
      expect(creates(lab)).toHaveLength(2);
    });
  },
);
