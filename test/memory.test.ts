// Memory that a burst of work took is given back once it is quiet, and not before.
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

test('is given back when it is quiet, once', () => {
  const script = fileURLToPath(new URL('memory-script.ts', import.meta.url));
  const found = JSON.parse(execFileSync(process.execPath, [script], { encoding: 'utf8' }));
  expect(found).toMatchObject({ whileBusy: false, again: false });
  expect(found.afterBurst).toBeGreaterThan(50);
  expect(found.afterTrim).toBeLessThan(16);
  expect(found.looks).toBeLessThan(100);
});
