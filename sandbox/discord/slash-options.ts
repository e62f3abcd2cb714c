// Prepares a slash command like Discord's client: finds the registered command, checks its rules, and uploads the
// files.
import type { CommandOption } from './bodies.ts';
import type { Cdn, Upload } from './cdn.ts';
import type { Commands, RegisteredCommand } from './commands.ts';
import { attachmentJson } from './message-wire.ts';
import { type Json, memberJson, partialChannelJson, roleJson, userJson } from './wire.ts';
import type { Channel, User, World } from './world.ts';

export type OptionValue =
  | string
  | number
  | boolean
  | Upload
  | { user: string }
  | { channel: string }
  | { role: string };

const IMAGES = ['png', 'jpg', 'jpeg', 'webp', 'gif', 'avif', 'heic', 'heif', 'bmp', 'tif', 'tiff'];
// Larger integers are not exact in JSON; Discord's client rejects them.
const MAX_INTEGER = 2 ** 53;

/** Whether a file picker restricted to these types accepts the file name: only the extension counts. */
export function acceptsFile(name: string, fileTypes: string[]): boolean {
  const extension = name.slice(name.lastIndexOf('.') + 1).toLowerCase();
  return fileTypes.some((type) =>
    type === 'image' ? IMAGES.includes(extension) : type.replace(/^\./, '') === extension,
  );
}

/** Finds a command offered to this user in this channel; a guild command hides a global one with the same name. */
export function offeredCommand(
  world: World,
  commands: Commands,
  type: number,
  name: string,
  user: User,
  channel: Channel,
): RegisteredCommand {
  const direct = channel.type === 1;
  const all = direct ? commands.list() : [...commands.list(world.guild.id), ...commands.list()];
  const command = all.find((one) => one.type === type && one.name === name);
  if (!command) throw new Error(`no command ${name} is registered here`);
  const allowed = world.permissions(channel, user.id);
  if (!world.can(channel, user.id, 'VIEW_CHANNEL')) throw new Error(`${user.username} cannot see ${channel.name}`);
  if (!world.can(channel, user.id, 'USE_APPLICATION_COMMANDS'))
    throw new Error(`${user.username} may not use commands`);
  const contexts = command.contexts ?? (command.dm_permission === false ? [0] : [0, 1]);
  if (!contexts.includes(direct ? 1 : 0)) throw new Error(`/${name} is not offered in ${channel.name}`);
  const needed = BigInt(command.default_member_permissions ?? 0);
  const hidden = command.default_member_permissions === '0' ? user !== world.owner : (allowed & needed) !== needed;
  const letIn = [world.guild.id, ...user.roles].some((role) => world.commandRoles.get(command.name)?.has(role));
  if (!direct && hidden && !letIn) throw new Error(`/${name} is hidden from ${user.username}`);
  const parent = channel.parentId ? world.findChannel(channel.parentId) : channel;
  if (command.nsfw && !direct && !parent?.nsfw) throw new Error(`/${name} is for age-restricted channels`);
  return command;
}

/** The interaction's `data.options` and `data.resolved`. Throws where the client would refuse to send. */
export function fillOptions(
  world: World,
  cdn: Cdn,
  command: RegisteredCommand,
  given: Record<string, OptionValue>,
  place: { user: User; channel: Channel; subcommand?: string | undefined },
): Json {
  const resolved: Record<string, Record<string, unknown>> = {};
  function resolve(kind: string, id: string, json: unknown): string {
    resolved[kind] = { ...resolved[kind], [id]: json };
    return id;
  }

  function convert(option: CommandOption, value: OptionValue): string | number | boolean {
    const wrong = (why: string) => new Error(`option ${option.name}: ${why}`);
    const { choices, min_value, max_value, min_length, max_length } = option;
    if (typeof value === 'string' || typeof value === 'number') {
      if (choices && choices.length > 0) {
        const choice = choices.find((one) => one.value === value) ?? choices.find((one) => one.name === value);
        if (!choice) throw wrong(`${value} is not one of the choices`);
        return choice.value;
      }
    }
    switch (option.type) {
      case 3:
        if (typeof value !== 'string') throw wrong('must be text');
        // Discord limits text options to 6,000 characters.
        if (value.length < Math.max(1, min_length ?? 0))
          throw wrong(`at least ${Math.max(1, min_length ?? 0)} characters`);
        if (value.length > (max_length ?? 6000)) throw wrong(`at most ${max_length ?? 6000} characters`);
        return value;
      case 4:
      case 10:
        if (typeof value !== 'number' || !Number.isFinite(value)) throw wrong('must be a number');
        if (option.type === 4 && !Number.isInteger(value)) throw wrong('must be a whole number');
        if (value < (min_value ?? -MAX_INTEGER)) throw wrong(`at least ${min_value ?? -MAX_INTEGER}`);
        if (value > (max_value ?? MAX_INTEGER)) throw wrong(`at most ${max_value ?? MAX_INTEGER}`);
        return value;
      case 5:
        if (typeof value !== 'boolean') throw wrong('must be true or false');
        return value;
      case 6: {
        if (typeof value !== 'object' || !('user' in value)) throw wrong('must be a user');
        const user = world.user(value.user);
        const permissions = String(world.permissions(place.channel, user.id));
        if (place.channel.type !== 1) resolve('members', user.id, { ...memberJson(user), permissions });
        return resolve('users', user.id, userJson(user));
      }
      case 7: {
        if (typeof value !== 'object' || !('channel' in value)) throw wrong('must be a channel');
        const channel = world.channel(value.channel);
        return resolve('channels', channel.id, partialChannelJson(world, channel, place.user.id));
      }
      case 8: {
        if (typeof value !== 'object' || !('role' in value)) throw wrong('must be a role');
        const role = world.roles.find((one) => one.name === value.role || one.id === value.role);
        if (!role) throw wrong(`there is no role ${value.role}`);
        return resolve('roles', role.id, roleJson(role));
      }
      case 11: {
        if (typeof value !== 'object' || !('bytes' in value)) throw wrong('must be a file');
        const types = option.file_types ?? [];
        if (types.length > 0 && !acceptsFile(value.name, types))
          throw wrong(`${value.name} is not of the types ${types}`);
        const file = cdn.store(place.channel.id, value, true);
        return resolve('attachments', file.id, attachmentJson(file, true));
      }
      default:
        throw wrong(`type ${option.type} is not known here`);
    }
  }

  function fill(options: CommandOption[]): Json[] {
    const unknown = Object.keys(given).filter((name) => !options.some((option) => option.name === name));
    if (unknown.length > 0) throw new Error(`/${command.name} has no option ${unknown.join(', ')}`);
    return options.flatMap((option) => {
      const value = given[option.name];
      if (value === undefined) {
        if (option.required) throw new Error(`option ${option.name} is required`);
        return [];
      }
      return [{ name: option.name, type: option.type, value: convert(option, value) }];
    });
  }

  /** Fills the options of the subcommand at `names` (option types 1 and 2). */
  function descend(options: CommandOption[], names: string[]): Json[] {
    const [name, ...rest] = names;
    const branches = options.filter((option) => option.type === 1 || option.type === 2);
    if (name === undefined) {
      if (branches.length > 0) throw new Error(`/${command.name} needs one of ${branches.map((one) => one.name)}`);
      return fill(options);
    }
    const branch = branches.find((one) => one.name === name);
    if (!branch) throw new Error(`/${command.name} has no subcommand ${name}`);
    return [{ name, type: branch.type, options: descend(branch.options ?? [], rest) }];
  }

  const options = descend(command.options ?? [], place.subcommand?.split(' ') ?? []);
  return { options, ...(Object.keys(resolved).length > 0 ? { resolved } : {}) };
}
