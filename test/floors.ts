// The floors of the house as rules over import statements: who may import whom, and which folder each outside library
// belongs to. Works on sources in memory, so that the rules themselves can be tried out.
import { posix } from 'node:path';

/** Sources by path from the project's root, such as `src/edit/edit.ts`. */
export type Sources = ReadonlyMap<string, string>;

/**
 * Bottom to top. A file imports from places below its own and from its own place, never upwards; places on one line do
 * not know each other. A folder ends with a slash. Importing a type is importing.
 */
const floors: readonly (readonly string[])[] = [
  ['src/texts/'],
  [
    'buttons',
    'clock',
    'errors',
    'json',
    'lines',
    'log',
    'memory',
    'metrics',
    'pieces',
    'secrets',
    'slots',
    'variables',
  ].map((name) => `src/${name}.ts`),
  ['src/part.ts'],
  ['config', 'connections', 'housekeeping', 'readiness'].map((name) => `src/${name}.ts`),
  ['src/store/'],
  ['src/discord/'],
  ['src/runflow/'],
  ['src/models/'],
  ['src/recipe/'],
  ['src/picture/'],
  ['src/settings/'],
  ['src/audit/'],
  ['src/edit/'],
  ['src/notify/'],
  ['src/run/', 'src/result/', 'src/moderation/', 'src/queue/', 'src/limits/', 'src/source/'],
  ['src/lifecycle/'],
  ['commands/', 'src/http.ts', 'src/checks.ts'],
  ['src/clients.ts'],
  ['src/app.ts'],
  ['src/main.ts', 'src/backup.ts', 'src/marks.ts'],
];

/** From outside of these only the file of the same name is imported: their door. */
const features = [
  'src/run/',
  'src/result/',
  'src/moderation/',
  'src/queue/',
  'src/limits/',
  'src/source/',
  'src/lifecycle/',
];

/** What command files share; otherwise only the list of commands imports them. */
const sharedByCommands = new Set([
  'commands/command.ts',
  'commands/once.ts',
  'commands/start-edit.ts',
  'commands/prompt-advice.ts',
  'commands/composer.ts',
  'commands/person.ts',
  'commands/modal-fields.ts',
  'commands/shown-result.ts',
  'commands/message-pictures.ts',
  'commands/reason-modal.ts',
  'commands/note-modal.ts',
  'commands/review-definition.ts',
  'commands/settings-definition.ts',
  'commands/settings-change.ts',
  'commands/settings-file.ts',
  'commands/settings-panel.ts',
  'commands/settings-panel-message.ts',
  'commands/settings-view.ts',
  'commands/queue-panel.ts',
  'commands/queue-message.ts',
  'commands/audit-reports.ts',
]);

/** Where each outside library may be used: a folder with a slash at its end, or one file. */
const libraries: Record<string, readonly string[]> = {
  'discord.js': ['src/discord/', 'commands/', 'bench/'],
  // Uploads leave through it, too: discord.js's own way of sending copies every body first.
  undici: ['src/runflow/', 'src/discord/transport.ts', 'bench/'],
  keyv: ['src/store/'],
  '@keyv/redis': ['src/store/'],
  bullmq: ['src/store/redis-jobs.ts'],
  'node:sqlite': ['src/store/'],
  sharp: ['src/picture/', 'sandbox/', 'bench/'],
  'libheif-js': ['src/picture/convert.ts'],
  'bmp-ts': ['src/picture/convert.ts'],
  fastify: ['src/http.ts', 'sandbox/'],
  '@fastify/rate-limit': ['src/http.ts'],
  pino: ['src/log.ts'],
  'prom-client': ['src/metrics.ts'],
  confusables: ['src/moderation/'],
  re2js: ['src/moderation/'],
  zod: ['src/', 'commands/', 'sandbox/', 'bench/'],
  ws: ['sandbox/', 'bench/'],
  'discord-api-spec': ['sandbox/'],
  'discord-api-types': ['sandbox/'],
};

/** What a source imports and re-exports, types included. */
export function readImports(source: string): string[] {
  const statement = /^(?:import|export)\s+(?:type\s+)?(?:[\w*{][^;'"]*?\sfrom\s+)?['"]([^'"]+)['"]/gm;
  const call = /\b(?:import|require)\(\s*['"]([^'"]+)['"]/g;
  return [statement, call].flatMap((pattern) => [...source.matchAll(pattern)].map(([, target = '']) => target));
}

type Place = { name: string; floor: number };

/** The folder or file of the floors that a path belongs to; undefined when there is none. */
function placeOf(path: string): Place | undefined {
  for (const [floor, places] of floors.entries()) {
    const name = places.find((place) => (place.endsWith('/') ? path.startsWith(place) : path === place));
    if (name !== undefined) return { name, floor };
  }
  return undefined;
}

/** The sandbox and the benchmark stand beside the house. */
function whyNotBeside(file: string, target: string): string | undefined {
  if (file.startsWith('bench/')) {
    return /^(?:bench|sandbox)\//.test(target) ? undefined : 'the benchmark runs the bot, it imports none of it';
  }
  return target.startsWith('sandbox/') ? undefined : 'the sandbox imports nothing of the bot';
}

/** Why one of our files may not import another; undefined when it may. */
function whyNot(file: string, target: string): string | undefined {
  if (isBeside(file)) return whyNotBeside(file, target);
  const from = placeOf(file);
  const to = placeOf(target);
  if (!to) return isBeside(target) ? 'the bot imports nothing of sandbox and benchmark' : 'is on no floor';
  if (!from) return undefined;
  if (to.floor > from.floor) return `${to.name} is above ${from.name}`;
  if (to.floor === from.floor && to.name !== from.name) return `${to.name} and ${from.name} do not know each other`;
  if (to.name === from.name) {
    if (to.name !== 'commands/' || file === 'commands/index.ts' || sharedByCommands.has(target)) return undefined;
    return 'commands do not import one another';
  }
  if (!features.includes(to.name)) return undefined;
  const door = `${to.name}${posix.basename(to.name)}.ts`;
  return target === door ? undefined : `the door of ${to.name} is ${door}`;
}

const isBeside = (path: string) => /^(?:bench|sandbox)\//.test(path);

function whyNotLibrary(file: string, library: string): string | undefined {
  const places = libraries[library];
  if (!places) return library.startsWith('node:') ? undefined : 'this library has no folder in the house';
  const allowed = places.some((place) => (place.endsWith('/') ? file.startsWith(place) : file === place));
  return allowed ? undefined : `belongs to ${places.join(' and ')}`;
}

/** The package of an import such as `@scope/name/inner`. */
function packageOf(target: string): string {
  if (target.startsWith('node:')) return target;
  return target
    .split('/')
    .slice(0, target.startsWith('@') ? 2 : 1)
    .join('/');
}

const ours = (file: string, target: string) => posix.join(posix.dirname(file), target);

/** What the sources do against the floors, one line each: `file → import: why not`. */
export function findOffences(sources: Sources): string[] {
  const offences: string[] = [];
  for (const [file, source] of sources) {
    if (!isBeside(file) && !placeOf(file)) offences.push(`${file}: is on no floor`);
    for (const target of readImports(source)) {
      const why = target.startsWith('.') ? whyNot(file, ours(file, target)) : whyNotLibrary(file, packageOf(target));
      if (why !== undefined) offences.push(`${file} → ${target}: ${why}`);
    }
  }
  return offences;
}

/** Every file that does not open with one to three lines of comment. */
export function findUnexplained(sources: Sources): string[] {
  return [...sources].filter(([, source]) => !/^(?:\/\/ .*\n){1,3}(?!\/\/)/.test(source)).map(([file]) => file);
}

/** Circles of imports, types included, as `a → b → a`. */
export function findCycles(sources: Sources): string[] {
  const cycles: string[] = [];
  const done = new Set<string>();
  function visit(file: string, path: readonly string[]): void {
    if (path.includes(file)) {
      cycles.push([...path.slice(path.indexOf(file)), file].join(' → '));
      return;
    }
    if (done.has(file)) return;
    for (const target of readImports(sources.get(file) ?? '')) {
      if (target.startsWith('.')) visit(ours(file, target), [...path, file]);
    }
    done.add(file);
  }
  for (const file of sources.keys()) visit(file, []);
  return cycles;
}
