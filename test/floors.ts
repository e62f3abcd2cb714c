// The floor table of the architecture as rules over import statements: who may import whom, and which folder each
// outside library belongs to. Works on sources in memory, so that the rules themselves can be tried out.
import { posix } from 'node:path';

export type Import = { target: string; runTime: boolean };

/** Sources by path from the project's root, such as `src/edit/edit.ts`. */
export type Sources = ReadonlyMap<string, string>;

const floorZero = new Set(
  ['clock', 'config', 'errors', 'log', 'memory', 'metrics', 'moderation-texts', 'pieces', 'review-texts', 'texts'].map(
    (name) => `src/${name}.ts`,
  ),
);
const doors = new Set(['discord', 'engine', 'picture', 'runflow', 'store']);
const work = new Set(['edit', 'guild']);
/** What command files share; otherwise only the list of commands imports them. */
const sharedByCommands = new Set(['commands/command.ts', 'commands/start-edit.ts', 'commands/presser.ts']);

/** Where each outside library may be used: a folder with a slash at its end, or one file. */
const libraries: Record<string, readonly string[]> = {
  'discord.js': ['src/discord/', 'commands/', 'bench/'],
  // Uploads leave through it, too: discord.js's own way of sending copies every body first.
  undici: ['src/runflow/', 'src/discord/transport.ts', 'bench/'],
  keyv: ['src/store/'],
  '@keyv/redis': ['src/store/'],
  'node:sqlite': ['src/store/'],
  sharp: ['src/picture/', 'sandbox/', 'bench/'],
  fastify: ['src/http.ts', 'sandbox/'],
  '@fastify/rate-limit': ['src/http.ts'],
  pino: ['src/log.ts'],
  'prom-client': ['src/metrics.ts'],
  zod: ['src/', 'commands/', 'sandbox/', 'bench/'],
  ws: ['sandbox/', 'bench/'],
  'discord-api-spec': ['sandbox/'],
  'discord-api-types': ['sandbox/'],
};

/**
 * Every import and re-export of a source. Types count as run-time imports when they are only marked inside the braces:
 * Node strips the names and still loads the module.
 */
export function readImports(source: string): Import[] {
  const statement = /^(?:import|export)\s+(type\s+)?(?:[\w*{][^;'"]*?\sfrom\s+)?['"]([^'"]+)['"]/gm;
  const call = /\b(?:import|require)\(\s*['"]([^'"]+)['"]/g;
  const imports: Import[] = [];
  for (const [, type, target = ''] of source.matchAll(statement)) imports.push({ target, runTime: type === undefined });
  for (const [, target = ''] of source.matchAll(call)) imports.push({ target, runTime: true });
  return imports;
}

type Part = { floor: 0 | 1 | 2 | 3 | 4 | 'sandbox' | 'bench' | undefined; folder: string };

function partOf(path: string): Part {
  const [top = '', folder = ''] = path.split('/');
  if (top === 'sandbox') return { floor: 'sandbox', folder: 'sandbox' };
  if (top === 'bench') return { floor: 'bench', folder: 'bench' };
  if (top === 'commands') return { floor: 3, folder: 'commands' };
  if (path === 'src/main.ts' || path === 'src/app.ts') return { floor: 4, folder: path };
  if (path === 'src/http.ts') return { floor: 3, folder: path };
  if (floorZero.has(path)) return { floor: 0, folder: 'src' };
  if (top === 'src' && doors.has(folder)) return { floor: 1, folder: `src/${folder}` };
  if (top === 'src' && work.has(folder)) return { floor: 2, folder: `src/${folder}` };
  return { floor: undefined, folder: top };
}

/** Why one of our files may not import another; undefined when it may. */
function whyNot(file: string, target: string, runTime: boolean): string | undefined {
  const from = partOf(file);
  const to = partOf(target);
  if (to.floor === undefined) return 'is in no place of the floor table';
  if (from.floor === 'bench') {
    return to.floor === 'bench' || to.floor === 'sandbox'
      ? undefined
      : 'the benchmark runs the bot, it imports none of it';
  }
  if (to.floor === 'bench') return 'nobody imports the benchmark';
  if (from.floor === 'sandbox') return to.floor === 'sandbox' ? undefined : 'the sandbox imports nothing of the bot';
  if (to.floor === 'sandbox') return 'the bot imports nothing of the sandbox';
  if (to.floor === 4) {
    return file === 'src/main.ts' && target === 'src/app.ts' ? undefined : 'app and main are imported by nobody';
  }
  switch (from.floor) {
    case 4:
      return undefined;
    case 3:
      if (file === 'src/http.ts') {
        if (target.startsWith('commands/')) return 'entrances do not import one another';
        return to.floor === 1 && runTime ? 'http may import only types of floor 1' : undefined;
      }
      if (target === 'src/http.ts') return 'entrances do not import one another';
      if (to.floor === 1) return 'commands do not import floor 1';
      if (to.folder === 'commands' && file !== 'commands/index.ts' && !sharedByCommands.has(target)) {
        return 'commands do not import one another';
      }
      return undefined;
    case 2:
      if (to.floor === 3) return 'floor 2 does not import floor 3';
      if (to.floor === 1 && runTime) return 'floor 2 imports floor 1 with `import type` only';
      if (from.folder === 'src/guild' && to.folder === 'src/edit') return 'guild does not import edit';
      return undefined;
    case 1:
      if (to.floor === 3 || to.floor === 2) return `floor 1 does not import floor ${to.floor}`;
      if (to.floor === 1 && to.folder !== from.folder && runTime) return 'doors import only types of one another';
      return undefined;
    case 0:
      return to.floor !== 0 && runTime ? 'floor 0 imports only types of higher floors' : undefined;
    default:
      return undefined;
  }
}

function whyNotLibrary(file: string, library: string): string | undefined {
  const places = libraries[library];
  if (!places) return library.startsWith('node:') ? undefined : 'this library has no folder in the floor table';
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

/** What the sources do against the table, one line each: `file → import: why not`. */
export function findOffences(sources: Sources): string[] {
  const offences: string[] = [];
  for (const [file, source] of sources) {
    if (partOf(file).floor === undefined) offences.push(`${file}: is in no place of the floor table`);
    for (const { target, runTime } of readImports(source)) {
      const why = target.startsWith('.')
        ? whyNot(file, ours(file, target), runTime)
        : whyNotLibrary(file, packageOf(target));
      if (why !== undefined) offences.push(`${file} → ${target}: ${why}`);
    }
  }
  return offences;
}

/** Every file that does not open with one to three lines of comment. */
export function findUnexplained(sources: Sources): string[] {
  return [...sources].filter(([, source]) => !/^(?:\/\/ .*\n){1,3}(?!\/\/)/.test(source)).map(([file]) => file);
}

/** Circles of run-time imports, as `a → b → a`. */
export function findCycles(sources: Sources): string[] {
  const cycles: string[] = [];
  const done = new Set<string>();
  function visit(file: string, path: readonly string[]): void {
    if (path.includes(file)) {
      cycles.push([...path.slice(path.indexOf(file)), file].join(' → '));
      return;
    }
    if (done.has(file)) return;
    for (const { target, runTime } of readImports(sources.get(file) ?? '')) {
      if (runTime && target.startsWith('.')) visit(ours(file, target), [...path, file]);
    }
    done.add(file);
  }
  for (const file of sources.keys()) visit(file, []);
  return cycles;
}
