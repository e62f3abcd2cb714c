// What the documents say of the code that can be looked up: variables and their defaults, files, scripts, commands, words for
// the sandbox, permissions, packages. A claim that is no longer true fails here.
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { triggers } from '../sandbox/runflow/triggers.ts';
import { permissionBits } from '../src/discord/permissions.ts';
import { en } from '../src/texts/en/en.ts';
import { createLab } from './lab.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const read = (path: string) => readFileSync(`${root}/${path}`, 'utf8');
const all = (text: string, pattern: RegExp) => [...text.matchAll(pattern)].map(([, found = '']) => found);
const documents = ['README.md', 'CONTRIBUTING.md', 'docs/configuration.md', 'docs/operations.md', 'docs/sandbox.md'];
const { scripts, dependencies, devDependencies } = JSON.parse(read('package.json'));

/** What the system sets. */
const unsaid = new Set(['HOSTNAME']);

test('every variable is in .env.example and in the table, and none besides', () => {
  const names = new Set(all(`${read('src/config.ts')}\n${read('src/part.ts')}`, /^ {2}([A-Z_]+):/gm));
  expect(names.size).toBeGreaterThan(20);
  const cells = all(read('docs/configuration.md'), /^\| (`[^|]*) \|/gm);
  const table = cells.flatMap((cell) => all(cell, /`([A-Z_]+)`/g));
  for (const documented of [all(read('.env.example'), /^([A-Z_]+)=/gm), table]) {
    expect(documented.filter((name) => !names.has(name))).toEqual([]);
    expect([...names].filter((name) => !documented.includes(name) && !unsaid.has(name))).toEqual([]);
  }
});

test('the defaults of .env.example are those of the table', () => {
  const rows = [...read('docs/configuration.md').matchAll(/^\| `([A-Z_]+)` +\| `([^`]+)` +\|/gm)];
  const given = new Map(
    [...read('.env.example').matchAll(/^([A-Z_]+)=(.+)$/gm)].map(([, name, value]) => [name, value]),
  );
  expect(rows.length).toBeGreaterThan(10);
  for (const [, name, value] of rows) expect(given.get(name) ?? value, name).toBe(value);
});

test.each(documents)('%s names only files that there are', (document) => {
  const text = read(document);
  const links = all(text, /\]\((?!https?:)([^)#]+)\)/g);
  const folder = document.includes('/') ? `${document.slice(0, document.lastIndexOf('/'))}/` : '';
  for (const link of links) expect(existsSync(`${root}/${folder}${link}`), link).toBe(true);
  // In a sentence a path is short: from the root or from src/. What a newcomer will write is none yet.
  const paths = all(text, /`((?:[\w-]+\/)+[\w.-]+\.(?:ts|cjs|md|yml))`/g).filter((path) => !path.includes('your-'));
  for (const path of paths) expect(existsSync(`${root}/${path}`) || existsSync(`${root}/src/${path}`), path).toBe(true);
});

test.each(documents)('%s names only npm scripts that there are', (document) => {
  for (const name of all(read(document), /npm run ([\w-]+)/g)) expect(Object.keys(scripts)).toContain(name);
});

test('the words for the sandbox are all in its document', () => {
  const words = all(read('docs/sandbox.md'), /`\[([\w-]+)\]`/g);
  expect([...new Set(words)].sort()).toEqual(triggers.map(({ word }) => word).sort());
});

test('the permissions to invite the bot with are those that it needs', () => {
  const asked = /the permissions ([\s\S]*?)\. No privileged/.exec(read('README.md'))?.[1] ?? '';
  const needed = Object.keys(permissionBits).map((name) => en.general.permissions[name as keyof typeof permissionBits]);
  // Discord's portal says it in the plural.
  const names = all(asked.replace(/\s+/g, ' '), /_([^_]+)_/g).map((name) => name.replace('Channels', 'Channel'));
  expect(names.sort()).toEqual(needed.sort());
});

test('the commands, menus and buttons of README.md are those of the bot', async () => {
  const lab = await createLab();
  const commands = lab.discord.commands();
  const text = read('README.md').replaceAll(/`\/(?:readyz|metrics|healthz)`/g, '');
  const asked = all(text, /`\/([a-z]+(?: [a-z]+)?)`/g);
  for (const [name = '', sub] of asked.map((one) => one.split(' '))) {
    const command = commands.find((one) => one.name === name);
    expect(command, name).toBeDefined();
    if (sub !== undefined) expect(JSON.stringify(command), `/${name} ${sub}`).toContain(`"name":"${sub}"`);
  }
  for (const menu of all(text, /\*\*Apps ▸ ([^*]+)\*\*/g)) expect(commands.map(({ name }) => name)).toContain(menu);
  const buttons = all(text.slice(text.indexOf('Under every result')), /\*\*([A-Z][\w …]+)\*\*/g);
  const words = JSON.stringify(en);
  expect(buttons.length).toBeGreaterThan(4);
  for (const button of buttons) expect(words, button).toContain(`"${button}"`);
});

test('every package has its reason in CONTRIBUTING.md', () => {
  const table = read('CONTRIBUTING.md').split('## Dependencies')[1] ?? '';
  const reasons = all(table, /^\| ([^|]+) \|/gm).join(', ');
  const missing = Object.keys({ ...dependencies, ...devDependencies })
    .map((name) => (name === '@biomejs/biome' ? 'biome' : name))
    .filter((name) => !name.startsWith('@types/') && !reasons.includes(name));
  expect(missing).toEqual([]);
});
