// Whether the commands that Discord has are the ones wanted. Only what a registration can say is compared: Discord adds
// ids, versions and defaults of its own, and leaves out what means nothing where a command is registered.
import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';

/** What a command says in a registration. */
const ofCommand = [
  'type',
  'name',
  'name_localizations',
  'description',
  'description_localizations',
  'options',
  'default_member_permissions',
  'nsfw',
] as const;
/** What only a global registration says: commands of one server are told where they are by being there. */
const ofGlobal = ['contexts', 'integration_types'] as const;
const ofOption = [
  'type',
  'name',
  'name_localizations',
  'description',
  'description_localizations',
  'required',
  'choices',
  'options',
  'channel_types',
  'min_value',
  'max_value',
  'min_length',
  'max_length',
  'autocomplete',
  'file_types',
] as const;
const ofChoice = ['name', 'name_localizations', 'value'] as const;

const identity = z.object({ name: z.string(), type: z.number().default(1) });
const order = (command: unknown) => JSON.stringify(identity.safeParse(command).data ?? {});

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** An empty value is Discord's way to spell out a default. */
function isSaid(value: unknown): boolean {
  if (Array.isArray(value)) return value.length > 0;
  return value !== null && value !== undefined && value !== false && value !== '';
}

function bare(value: unknown, fields: readonly string[]): unknown {
  if (!isObject(value)) return value;
  const inner = (key: string, entry: unknown) => {
    const within = key === 'options' ? ofOption : key === 'choices' ? ofChoice : undefined;
    return within && Array.isArray(entry) ? entry.map((one) => bare(one, within)) : entry;
  };
  const kept = fields.filter((key) => isSaid(value[key]));
  return Object.fromEntries(kept.map((key) => [key, inner(key, value[key])]));
}

/** Whether the registered commands match the wanted ones, in any order. */
export function sameCommands(
  registered: readonly unknown[],
  wanted: readonly unknown[],
  scope: 'global' | 'server' = 'global',
): boolean {
  const fields = scope === 'global' ? [...ofCommand, ...ofGlobal] : ofCommand;
  const sorted = (commands: readonly unknown[]) =>
    commands.map((one) => bare(one, fields)).sort((one, other) => order(one).localeCompare(order(other)));
  return isDeepStrictEqual(sorted(registered), sorted(wanted));
}

/** The commands as they are sent for one server. */
export function forServer<Command extends object>(commands: readonly Command[]): Command[] {
  return commands.map((command) => {
    const sent = { ...command };
    for (const field of ofGlobal) Reflect.deleteProperty(sent, field);
    return sent;
  });
}
