// Holds the imports of the bot, its sandbox and its benchmark to the floors, and shows that each rule can be broken.
import { globSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { findCycles, findOffences, findUnexplained, readImports } from './floors.ts';

const root = new URL('../', import.meta.url);

function readSources(...folders: string[]): Map<string, string> {
  const patterns = folders.map((folder) => `${folder}/**/*.ts`);
  const files = globSync(patterns, { cwd: root }).map((file) => file.replaceAll('\\', '/'));
  return new Map(files.sort().map((file) => [file, readFileSync(new URL(file, root), 'utf8')]));
}

describe('the sources', () => {
  const bot = readSources('src', 'commands');
  const sandbox = readSources('sandbox');
  const bench = readSources('bench');

  test('are found', () => {
    expect(bot.size).toBeGreaterThan(30);
    expect(sandbox.size).toBeGreaterThan(10);
    expect(bot.has('src/edit/record.ts')).toBe(true);
    expect(bot.has('commands/edit.ts')).toBe(true);
  });

  test('import only what their floor may', () => {
    expect(findOffences(new Map([...bot, ...sandbox, ...bench]))).toEqual([]);
  });

  test('of the bot have no circle of imports, types included', () => {
    expect(findCycles(bot)).toEqual([]);
  });

  test('of the bot are short: none over 300 lines, half of them at most 90, no folder over a fifth of all', () => {
    const lines = new Map([...bot].map(([file, source]) => [file, source.trimEnd().split('\n').length]));
    expect([...lines].filter(([, count]) => count > 300)).toEqual([]);
    const sorted = [...lines.values()].sort((one, other) => one - other);
    expect(sorted[Math.floor(sorted.length / 2)]).toBeLessThanOrEqual(90);
    const all = [...lines].filter(([file]) => file.startsWith('src/'));
    const total = all.reduce((sum, [, count]) => sum + count, 0);
    const folders = Map.groupBy(all, ([file]) => file.split('/').slice(0, -1).join('/'));
    for (const [folder, files] of folders) {
      const share = files.reduce((sum, [, count]) => sum + count, 0) / total;
      expect(share, folder).toBeLessThanOrEqual(0.2);
    }
  });

  test('open with one to three lines that say what they hold', () => {
    expect(findUnexplained(new Map([...bot, ...sandbox, ...bench]))).toEqual([]);
  });

  test('that tests share run no hooks as they are imported: files share a process, where only the first imports them', () => {
    const shared = [...readSources('test')].filter(([file]) => !file.endsWith('.test.ts'));
    const hook = /^(?:before|after)(?:Each|All)\(/m;
    expect(shared.filter(([, source]) => hook.test(source)).map(([file]) => file)).toEqual([]);
  });
});

test('every way of importing is read, types like everything else', () => {
  const source = [
    "import fastify, { type FastifyError } from 'fastify';",
    "import type { Run } from './run.ts';",
    "import {\n  type A,\n  type B,\n} from './types.ts';",
    "import * as all from './all.ts';",
    "import './effect.ts';",
    "export { one } from './one.ts';",
    "export type { Two } from './two.ts';",
    "export * from './barrel.ts';",
    "const late = await import('./late.ts');",
    "const old = require('old');",
    "export const text = 'a line from here';",
    "// import { nothing } from './comment.ts';",
  ].join('\n');
  expect(readImports(source)).toEqual([
    'fastify',
    './run.ts',
    './types.ts',
    './all.ts',
    './effect.ts',
    './one.ts',
    './two.ts',
    './barrel.ts',
    './late.ts',
    'old',
  ]);
});

const offending: readonly [file: string, statement: string][] = [
  // Upwards, by a type
  ['src/edit/edit.ts', "import type { Wish } from '../run/run.ts';"],
  ['src/edit/edit.ts', "import type { Lifecycle } from '../lifecycle/lifecycle.ts';"],
  ['src/edit/edit.ts', "import { type Bot } from '../../commands/command.ts';"],
  ['src/edit/edit.ts', "import type { App } from '../app.ts';"],
  ['src/texts/en/run.ts', "import type { FailureReason } from '../../edit/edit.ts';"],
  ['src/texts/texts.ts', "import { UserError } from '../errors.ts';"],
  ['src/settings/settings.ts', "import type { AuditEntry } from '../audit/audit.ts';"],
  ['src/audit/audit.ts', "import type { Edit } from '../edit/edit.ts';"],
  ['src/notify/public.ts', "import type { Cards } from '../moderation/cards.ts';"],
  ['src/moderation/decisions.ts', "import type { Lifecycle } from '../lifecycle/lifecycle.ts';"],
  ['src/lifecycle/steps.ts', "import type { Bot } from '../../commands/command.ts';"],
  ['src/runflow/client.ts', "import type { Edit } from '../edit/edit.ts';"],
  ['src/store/redis.ts', "import type { Messenger } from '../discord/messenger.ts';"],
  ['src/errors.ts', "import { readConfig } from './config.ts';"],
  ['src/config.ts', "import { move } from './edit/moves.ts';"],
  // Sideways
  ['src/result/deliver.ts', "import type { Moderation } from '../moderation/moderation.ts';"],
  ['src/run/submit.ts', "import { createResult } from '../result/result.ts';"],
  ['src/http.ts', "import { createEditCommand } from '../commands/edit.ts';"],
  ['commands/edit.ts', "import { createHttp } from '../src/http.ts';"],
  ['commands/edit.ts', "import { createEditImageCommand } from './edit-image.ts';"],
  // Past a door
  ['src/app.ts', "import { createHold } from './moderation/hold.ts';"],
  ['src/lifecycle/steps.ts', "import { decideOutcome } from '../moderation/policy.ts';"],
  ['commands/edit.ts', "import { checkRequest } from '../src/run/request.ts';"],
  ['src/app.ts', "import { createTimers } from './lifecycle/timers.ts';"],
  // To the outside
  ['src/edit/edit.ts', "import { Client } from 'discord.js';"],
  ['src/run/submit.ts', "const { Agent } = await import('undici');"],
  ['src/runflow/client.ts', "import { Keyv } from 'keyv';"],
  ['src/discord/gateway.ts', "import KeyvRedis from '@keyv/redis';"],
  ['src/lifecycle/timers.ts', "import { DatabaseSync } from 'node:sqlite';"],
  ['src/config.ts', "import pino from 'pino';"],
  ['src/log.ts', "import { Counter } from 'prom-client';"],
  ['src/http.ts', "import sharp from 'sharp';"],
  ['src/app.ts', "import fastify from 'fastify';"],
  ['src/app.ts', "import express from 'express';"],
  ['src/app.ts', "import { inner } from '@scope/name/inner.js';"],
  ['sandbox/server.ts', "import { request } from 'undici';"],
  // Into another house
  ['src/main.ts', "import '../sandbox/server.ts';"],
  ['src/app.ts', "import { serve } from '../test/http-server.ts';"],
  ['commands/edit.ts', "import { createWorld } from '../sandbox/discord/world.ts';"],
  ['src/app.ts', "import './main.ts';"],
  ['bench/main.ts', "import { start } from '../src/app.ts';"],
  ['sandbox/server.ts', "import { createStage } from '../bench/stage.ts';"],
  ['sandbox/server.ts', "import type { Edit } from '../src/edit/edit.ts';"],
];

test.each(offending)('%s may not say %s', (file, statement) => {
  const [offence, ...more] = findOffences(new Map([[file, `// A file.\n${statement}\n`]]));
  expect(more).toEqual([]);
  expect(offence).toContain(`${file} → ${/['"](.+)['"]/.exec(statement)?.[1]}: `);
});

const allowed: readonly [file: string, statement: string][] = [
  ['src/main.ts', "import { start } from './app.ts';"],
  ['src/app.ts', "import { createHttp } from './http.ts';"],
  ['src/app.ts', "import { createCommands } from '../commands/index.ts';"],
  ['src/app.ts', "import { createModeration } from './moderation/moderation.ts';"],
  ['src/http.ts', "import type { Callback } from './runflow/callback.ts';"],
  ['src/moderation/moderation.ts', "import { createHold } from './hold.ts';"],
  ['src/result/deliver.ts', "import type { FetchPictures } from '../picture/fetch.ts';"],
  ['src/result/deliver.ts', "import { createPublic } from '../notify/public.ts';"],
  ['src/edit/edit.ts', "import { auditId } from '../audit/audit.ts';"],
  ['src/picture/fetch.ts', "import type { Downloads } from '../runflow/downloads.ts';"],
  ['src/errors.ts', "import type { Texts } from './texts/texts.ts';"],
  ['commands/index.ts', "import { createEditCommand } from './edit.ts';"],
  ['commands/edit.ts', "import { startEdit } from './start-edit.ts';"],
  ['commands/command.ts', "import type { Run } from '../src/run/run.ts';"],
  ['bench/arena.ts', "import { createDiscord } from '../sandbox/discord/discord.ts';"],
  ['src/store/redis.ts', "import { createHash } from 'node:crypto';"],
];

test.each(allowed)('%s may say %s', (file, statement) => {
  expect(findOffences(new Map([[file, `// A file.\n${statement}\n`]]))).toEqual([]);
});

test('a file on no floor is named', () => {
  expect(findOffences(new Map([['src/utils/text.ts', '// A file.\n']]))).toEqual(['src/utils/text.ts: is on no floor']);
});

test('a circle is shown whole, also one of types', () => {
  const circle = (kind: string) =>
    new Map([
      ['src/edit/a.ts', "import { b } from './b.ts';"],
      ['src/edit/b.ts', "import { c } from './c.ts';"],
      ['src/edit/c.ts', `import ${kind}{ b } from './b.ts';`],
    ]);
  for (const kind of ['', 'type ']) {
    expect(findCycles(circle(kind))).toEqual(['src/edit/b.ts → src/edit/c.ts → src/edit/b.ts']);
  }
});

test('a file without an opening comment, or with a long one, is named', () => {
  const sources = new Map([
    ['src/good.ts', '// One.\n// Two.\n// Three.\nexport {};\n'],
    ['src/none.ts', 'export {};\n'],
    ['src/late.ts', '\n// One.\nexport {};\n'],
    ['src/long.ts', '// One.\n// Two.\n// Three.\n// Four.\nexport {};\n'],
  ]);
  expect(findUnexplained(sources)).toEqual(['src/none.ts', 'src/late.ts', 'src/long.ts']);
});
