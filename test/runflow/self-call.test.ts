// Whether PUBLIC_URL leads to this bot is found out by going there, and said once; so is that no callback comes.
import { createServer } from 'node:http';
import { expect, it, test } from 'vitest';
import { callbackPath } from '../../src/config.ts';
import { createLog } from '../../src/log.ts';
import { createSelfCall } from '../../src/runflow/self-call.ts';
import { createLab, secret } from '../lab.ts';

/** Calls an address until it has been said whether it leads here; what was said. */
async function tryOut(callbackUrl: string, shared = 'sandbox-token'): Promise<{ said: string[]; calls: number }> {
  const said: string[] = [];
  let calls = 1;
  await new Promise<void>((resolve) => {
    const selfCall = createSelfCall({
      callbackUrl,
      secrets: [secret],
      shared,
      onMissed: () => {},
      clock: {
        now: Date.now,
        elapsed: () => performance.now(),
        after(ms, callback) {
          calls += 1;
          if (ms < 600_000) queueMicrotask(callback);
          else resolve();
          return () => {};
        },
      },
      log: createLog('debug', [], {
        write(line) {
          const { level, msg } = JSON.parse(line);
          if (level === 'debug') resolve();
          else said.push(msg);
        },
      }),
    });
    selfCall.start();
  });
  return { said, calls };
}

it('is known by a proof that only this bot can give, and every other answer is said once, with what it was', async () => {
  const lab = await createLab();
  const elsewhere = createServer((request, response) => {
    if (request.url?.startsWith('/moved')) response.writeHead(308, { location: lab.url + callbackPath }).end();
    else response.writeHead(request.url?.startsWith('/ok') ? 200 : 404).end('{"self":"no"}');
  });
  await new Promise<void>((resolve) => elsewhere.listen(0, '127.0.0.1', resolve));
  const address = elsewhere.address();
  const other = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
  try {
    expect(await tryOut(lab.url + callbackPath)).toEqual({ said: [], calls: 1 });
    for (const [url, words, shared] of [
      [lab.url + callbackPath, 'something else answers there', 'another-token'],
      [`${other}/moved`, 'redirect (308)'],
      [`${other}/ok`, 'something else answers there'],
      [`${other}/${callbackPath}`, 'it answers with 404'],
      ['http://127.0.0.1:9/x', 'ECONNREFUSED'],
    ] as const) {
      const { said, calls } = await tryOut(url, shared);
      expect(said).toEqual([expect.stringMatching(/^PUBLIC_URL: .* does not lead here/)]);
      expect(said[0]).toContain(words);
      expect(calls).toBe(5);
    }
  } finally {
    elsewhere.close();
  }
});

test('callbacks that a poll replaced are counted, and said once when three in a row did not come', async () => {
  const lab = await createLab({ timing: { callbackOverdueMs: 500, pollMs: 20 } });
  const warnings = () => lab.logs.filter(({ msg }) => msg.startsWith('PUBLIC_URL: no callback came'));
  await lab.edit('blur').replied();
  for (let index = 0; index < 4; index += 1) await lab.edit('blur [nocallback]').replied();
  const metrics = await (await fetch(`${lab.url}/metrics`)).text();
  expect(Number(/^darkroom_callbacks_missed_total (\d+)$/m.exec(metrics)?.[1])).toBeGreaterThanOrEqual(4);
  expect(warnings()).toHaveLength(1);
});
