// Holds the imports of the bot and its sandbox to the floor table, and shows that each rule can be broken.
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
    expect(bot.has('src/edit/edit.ts')).toBe(true);
    expect(bot.has('commands/edit.ts')).toBe(true);
  });

  test('import only what their floor may', () => {
    expect(findOffences(new Map([...bot, ...sandbox, ...bench]))).toEqual([]);
  });

  test('of the bot have no circle of run-time imports', () => {
    expect(findCycles(bot)).toEqual([]);
  });

  test('open with one to three lines that say what they hold', () => {
    expect(findUnexplained(new Map([...bot, ...sandbox, ...bench]))).toEqual([]);
  });
});

test('every way of importing is read, and types are told from what loads a module', () => {
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
  expect(readImports(source).map(({ target, runTime }) => `${runTime ? 'loads' : 'type'} ${target}`)).toEqual([
    'loads fastify',
    'type ./run.ts',
    'loads ./types.ts',
    'loads ./all.ts',
    'loads ./effect.ts',
    'loads ./one.ts',
    'type ./two.ts',
    'loads ./barrel.ts',
    'loads ./late.ts',
    'loads old',
  ]);
});

const offending: readonly [file: string, statement: string][] = [
  ['src/edit/edit.ts', "import { createRunflow } from '../runflow/client.ts';"],
  ['src/edit/edit.ts', "import { type Run } from '../runflow/run.ts';"],
  ['src/edit/edit.ts', "import { Client } from 'discord.js';"],
  ['src/edit/edit.ts', "import { request } from 'undici';"],
  ['src/edit/edit.ts', "import type { Bot } from '../../commands/command.ts';"],
  ['src/edit/edit.ts', "import type { App } from '../app.ts';"],
  ['src/guild/limits.ts', "import type { Edit } from '../edit/edit.ts';"],
  ['src/runflow/client.ts', "import { createStore } from '../store/local.ts';"],
  ['src/runflow/client.ts', "import type { Edit } from '../edit/edit.ts';"],
  ['src/runflow/client.ts', "import { Keyv } from 'keyv';"],
  ['src/discord/gateway.ts', "import KeyvRedis from '@keyv/redis';"],
  ['src/engine/engine.ts', "import { DatabaseSync } from 'node:sqlite';"],
  ['src/config.ts', "import { move } from './edit/edit.ts';"],
  ['src/config.ts', "import pino from 'pino';"],
  ['src/log.ts', "import { Counter } from 'prom-client';"],
  ['src/http.ts', "import { isSigned } from './runflow/callback.ts';"],
  ['src/http.ts', "import { createEditCommand } from '../commands/edit.ts';"],
  ['src/http.ts', "import sharp from 'sharp';"],
  ['src/main.ts', "import '../sandbox/server.ts';"],
  ['src/app.ts', "import './main.ts';"],
  ['src/app.ts', "import { serve } from '../test/http-server.ts';"],
  ['src/app.ts', "import fastify from 'fastify';"],
  ['src/app.ts', "import express from 'express';"],
  ['src/app.ts', "import { inner } from '@scope/name/inner.js';"],
  ['src/edit/submit.ts', "const { Agent } = await import('undici');"],
  ['commands/edit.ts', "import { createMessenger } from '../src/discord/messenger.ts';"],
  ['commands/edit.ts', "import type { Messenger } from '../src/discord/messenger.ts';"],
  ['commands/edit.ts', "import { createEditImageCommand } from './edit-image.ts';"],
  ['commands/edit.ts', "import { start } from '../src/app.ts';"],
  ['commands/edit.ts', "import { createWorld } from '../sandbox/discord/world.ts';"],
  ['bench/main.ts', "import { start } from '../src/app.ts';"],
  ['sandbox/server.ts', "import { createStage } from '../bench/stage.ts';"],
  ['sandbox/server.ts', "import type { Edit } from '../src/edit/edit.ts';"],
  ['sandbox/server.ts', "import { request } from 'undici';"],
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
  ['src/http.ts', "import type { Callback } from './runflow/callback.ts';"],
  ['src/edit/deliver.ts', "import type { Downloads } from '../runflow/outputs.ts';"],
  ['src/edit/deliver.ts', "import { review } from '../guild/review.ts';"],
  ['src/runflow/client.ts', "import type { Store } from '../store/store.ts';"],
  ['src/texts.ts', "import type { FailureReason } from './edit/edit.ts';"],
  ['commands/index.ts', "import { createEditCommand } from './edit.ts';"],
  ['commands/edit.ts', "import { startEdit } from './start-edit.ts';"],
  ['commands/edit.ts', "import { checkRequest } from '../src/edit/request.ts';"],
  ['bench/arena.ts', "import { createDiscord } from '../sandbox/discord/discord.ts';"],
  ['src/store/redis.ts', "import { createHash } from 'node:crypto';"],
];

test.each(allowed)('%s may say %s', (file, statement) => {
  expect(findOffences(new Map([[file, `// A file.\n${statement}\n`]]))).toEqual([]);
});

test('a file outside of the table is named', () => {
  expect(findOffences(new Map([['src/utils/text.ts', '// A file.\n']]))).toEqual([
    'src/utils/text.ts: is in no place of the floor table',
  ]);
});

test('a circle of run-time imports is shown whole, and one of types is none', () => {
  const circle = (kind: string) =>
    new Map([
      ['src/edit/a.ts', "import { b } from './b.ts';"],
      ['src/edit/b.ts', "import { c } from './c.ts';"],
      ['src/edit/c.ts', `import ${kind}{ b } from './b.ts';`],
    ]);
  expect(findCycles(circle(''))).toEqual(['src/edit/b.ts → src/edit/c.ts → src/edit/b.ts']);
  expect(findCycles(circle('type '))).toEqual([]);
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
