// The production start is written down where each way of starting needs it; all of them have to say the same.
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { memoryEnv, memoryFlags } from '../sandbox/bot.ts';

const read = (path: string) => readFileSync(new URL(`../${path}`, import.meta.url), 'utf8');

test('npm start, the image and the bot that is tried out have the same memory settings', () => {
  const env = Object.entries(memoryEnv).map(([name, value]) => `${name}=${value}`);
  const { scripts } = JSON.parse(read('package.json'));
  for (const setting of [...env, ...memoryFlags]) expect(scripts.start.split(' ')).toContain(setting);
  const image = read('Dockerfile');
  for (const setting of env) expect(/^ENV .*$/m.exec(image)?.[0].split(' ')).toContain(setting);
  for (const flag of memoryFlags) expect(/^CMD .*$/m.exec(image)?.[0]).toContain(`"${flag}"`);
});
