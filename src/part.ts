// The part of the whole that this process is, where several share the work: its role, and its shards of the connection to
// Discord. The rules tie variables together, so a mistake is named by the variable that most likely has to change.
import { z } from 'zod';
import { flag } from './variables.ts';

/** `gateway` hears and answers what people do; `worker` does what takes time; `all` does both. */
export type Role = 'all' | 'gateway' | 'worker';

/** As many shards as Discord recommends, or some of so many. */
export type Shards = 'auto' | { ids: readonly number[]; count: number };

export type Part = { role: Role; shards: Shards };

const mostShards = 100_000;

export const partVariables = {
  ROLE: z.enum(['all', 'gateway', 'worker'], { error: 'must be one of all, gateway, worker' }).default('all'),
  DISCORD_SHARDS: z
    .string()
    .regex(/^(auto|\d{1,6}(\s*,\s*\d{1,6})*)$/, { error: 'must be auto, or the numbers of shards such as 0,1,2' })
    .transform((text) => (text === 'auto' ? text : text.split(',').map(Number)))
    .default('auto'),
  DISCORD_SHARD_COUNT: z
    .string()
    .regex(/^\d{1,6}$/, { error: 'must be a number of shards' })
    .transform(Number)
    .refine((count) => count >= 1 && count <= mostShards, { error: `must be from 1 to ${mostShards}` })
    .optional(),
  DISCORD_SHARD_FROM_ORDINAL: flag.default(false),
};

type Mistake = { name: keyof typeof partVariables; message: string };

const schema = z.object(partVariables).extend({
  STORE_URL: z.string().default('sqlite:'),
  HOSTNAME: z.string().default(''),
});
type Given = z.infer<typeof schema>;

/** The shards that the variables name, or what is wrong with them. */
function readShards(given: Given): Shards | Mistake {
  const { DISCORD_SHARD_COUNT: count, DISCORD_SHARD_FROM_ORDINAL: fromOrdinal } = given;
  const named = given.DISCORD_SHARDS === 'auto' ? undefined : given.DISCORD_SHARDS;
  if (!named && !fromOrdinal) {
    if (count === undefined) return 'auto';
    const message = `must be left out where Discord recommends how many; to open some of ${count}, set DISCORD_SHARDS or DISCORD_SHARD_FROM_ORDINAL`;
    return { name: 'DISCORD_SHARD_COUNT', message };
  }
  const by = named ? 'DISCORD_SHARDS' : 'DISCORD_SHARD_FROM_ORDINAL';
  if (named && fromOrdinal) {
    return { name: 'DISCORD_SHARD_FROM_ORDINAL', message: 'must be false where DISCORD_SHARDS names the shards' };
  }
  const ordinal = /-(\d{1,6})$/.exec(given.HOSTNAME)?.[1];
  const ids = named ?? (ordinal === undefined ? [] : [Number(ordinal)]);
  if (ids.length === 0) {
    return { name: by, message: 'needs a HOSTNAME that ends in a number, such as darkroom-3' };
  }
  if (count === undefined) {
    return {
      name: 'DISCORD_SHARD_COUNT',
      message: `is required with ${by}: how many shards all processes have together`,
    };
  }
  const beyond = ids.find((id) => id >= count);
  if (beyond !== undefined) {
    return {
      name: by,
      message: `leads to shard ${beyond}, but of ${count} (DISCORD_SHARD_COUNT) the last is ${count - 1}`,
    };
  }
  const double = ids.find((id, index) => ids.indexOf(id) !== index);
  if (double !== undefined) return { name: by, message: `names shard ${double} twice` };
  return { ids, count };
}

/** @returns the part, or everything that is wrong with these variables */
export function readPart(env: Record<string, string | undefined>): Part | readonly { name: string; message: string }[] {
  const checked = schema.safeParse(env);
  if (!checked.success) return checked.error.issues.map(({ path, message }) => ({ name: path.join('.'), message }));
  const given = checked.data;
  const role = given.ROLE;
  // A worker opens no connection: it may share the variables of those who do.
  const shards = role === 'worker' ? 'auto' : readShards(given);
  const mistakes: Mistake[] = [];
  if (shards !== 'auto' && 'message' in shards) mistakes.push(shards);
  if (given.STORE_URL.startsWith('sqlite:')) {
    const need = 'processes that share the work need STORE_URL=redis://…';
    if (role !== 'all') mistakes.push({ name: 'ROLE', message: `must be all with SQLite: ${need}` });
    if (shards !== 'auto' && 'ids' in shards && shards.ids.length < shards.count) {
      mistakes.push({
        name: 'DISCORD_SHARD_COUNT',
        message: `leaves shards to others, but with SQLite there are none: ${need}`,
      });
    }
  }
  if (mistakes.length > 0 || (shards !== 'auto' && 'message' in shards)) return mistakes;
  return { role, shards };
}
