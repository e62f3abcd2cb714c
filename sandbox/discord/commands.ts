// The commands the bot registers, globally and in the guild, and Discord's rules for them.
import type { CommandBody, CommandOption } from './bodies.ts';
import { type FormProblem, invalidForm } from './errors.ts';
import type { Snowflakes } from './snowflake.ts';

export type RegisteredCommand = {
  id: string;
  application_id: string;
  guild_id?: string;
  version: string;
  type: number;
  name: string;
  description: string;
  options?: CommandOption[];
  default_member_permissions: string | null;
  dm_permission?: boolean;
  /** Both only of global commands. */
  contexts?: number[] | null;
  integration_types?: number[];
  nsfw: boolean;
};

export type Commands = {
  all(): RegisteredCommand[];
  /** The commands of one scope; global without a guild id. */
  list(guildId?: string): RegisteredCommand[];
  /** Replaces all commands of the scope. Commands with the same name and type keep their ids. */
  replace(bodies: CommandBody[], guildId?: string): RegisteredCommand[];
  /** Overwrites `replaced`, or the command with this name and type, or adds a new one. */
  upsert(
    body: CommandBody,
    guildId?: string,
    replaced?: RegisteredCommand,
  ): { command: RegisteredCommand; created: boolean };
  remove(id: string, guildId?: string): boolean;
};

// Slash command names: lower-case letters of any script, digits, - and _.
const NAME = /^[-_'\p{L}\p{N}\p{sc=Deva}\p{sc=Thai}]{1,32}$/u;
// Per scope: 100 slash commands, 15 of each context menu.
const MAX_COMMANDS: Record<number, number> = { 1: 100, 2: 15, 3: 15 };

function optionProblems(options: CommandOption[], path: PropertyKey[]): FormProblem[] {
  const problems: FormProblem[] = [];
  const names = new Set<string>();
  let optional = false;
  if (options.length > 25) {
    problems.push({ path, code: 'BASE_TYPE_MAX_LENGTH', message: 'Must be 25 or fewer in length.' });
  }
  for (const [index, option] of options.entries()) {
    const at = [...path, index];
    if (!NAME.test(option.name) || option.name !== option.name.toLowerCase()) {
      problems.push({
        path: [...at, 'name'],
        code: 'APPLICATION_COMMAND_INVALID_NAME',
        message: 'Command name is invalid',
      });
    }
    if (names.has(option.name)) {
      const message = 'Option names must be unique';
      problems.push({ path: at, code: 'APPLICATION_COMMAND_OPTIONS_NAME_INVALID', message });
    }
    names.add(option.name);
    if (option.required && optional) {
      const message = 'Required options must be placed before non-required options';
      problems.push({ path: at, code: 'APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID', message });
    }
    if (!option.required) optional = true;
    const choices = option.choices ?? [];
    if (new Set(choices.map((choice) => choice.name)).size !== choices.length) {
      const message = 'Choice names must be unique';
      problems.push({ path: [...at, 'choices'], code: 'APPLICATION_COMMAND_OPTIONS_CHOICE_NAME_DUPLICATED', message });
    }
    problems.push(...optionProblems(option.options ?? [], [...at, 'options']));
  }
  return problems;
}

function problemsOf(body: CommandBody, path: PropertyKey[]): FormProblem[] {
  const type = body.type ?? 1;
  const problems = optionProblems(body.options ?? [], [...path, 'options']);
  if (type === 1) {
    if (!NAME.test(body.name) || body.name !== body.name.toLowerCase()) {
      problems.push({
        path: [...path, 'name'],
        code: 'APPLICATION_COMMAND_INVALID_NAME',
        message: 'Command name is invalid',
      });
    }
    if (!body.description) {
      problems.push({ path: [...path, 'description'], code: 'BASE_TYPE_REQUIRED', message: 'This field is required' });
    }
  } else {
    for (const field of ['description', 'options'] as const) {
      const message = `Context menu commands cannot have ${field}`;
      if ((body[field]?.length ?? 0) > 0) {
        problems.push({
          path: [...path, field],
          code: `APPLICATION_COMMAND_CONTEXT_MENU_${field.toUpperCase()}_CANNOT_BE_SET`,
          message,
        });
      }
    }
  }
  // Limit for all names, descriptions and values of a command together.
  if (textLength(body) > 8000) {
    problems.push({ path, code: 'APPLICATION_COMMAND_TOO_LARGE', message: 'Command exceeds maximum size (8000)' });
  }
  return problems;
}

function textLength(body: { name: string; description?: string | null; options?: CommandOption[] | null }): number {
  const own = body.name.length + (body.description?.length ?? 0);
  return (body.options ?? []).reduce((sum, option) => {
    const choices = (option.choices ?? []).map((choice) => choice.name.length + String(choice.value).length);
    return sum + textLength(option) + choices.reduce((total, length) => total + length, 0);
  }, own);
}

/** The option as Discord returns it: without false flags and empty lists. */
function plainOption(option: CommandOption): CommandOption {
  const kept = Object.entries(option).filter(([, value]) => {
    return value !== null && value !== undefined && value !== false && !(Array.isArray(value) && value.length === 0);
  });
  const plain: CommandOption = Object.assign(
    { type: option.type, name: option.name, description: option.description },
    Object.fromEntries(kept),
  );
  return plain.options ? { ...plain, options: plain.options.map(plainOption) } : plain;
}

/** Creates the registry. */
export function createCommands(applicationId: string, snowflakes: Snowflakes): Commands {
  const scopes = new Map<string, RegisteredCommand[]>();
  const scope = (guildId = '') => scopes.get(guildId) ?? [];

  function register(body: CommandBody, old: RegisteredCommand | undefined, guildId?: string): RegisteredCommand {
    const permissions = body.default_member_permissions ?? null;
    const command: RegisteredCommand = {
      id: old?.id ?? snowflakes(),
      application_id: applicationId,
      ...(guildId
        ? { guild_id: guildId }
        : {
            dm_permission: body.dm_permission ?? true,
            contexts: body.contexts ?? null,
            integration_types: body.integration_types ?? [0],
          }),
      version: snowflakes(),
      type: body.type ?? 1,
      name: body.name,
      description: body.description ?? '',
      ...(body.options?.length ? { options: body.options.map(plainOption) } : {}),
      default_member_permissions: permissions === null ? null : String(permissions),
      nsfw: body.nsfw ?? false,
    };
    const same = old && JSON.stringify({ ...command, version: old.version }) === JSON.stringify(old);
    return same ? old : command;
  }

  function same(body: CommandBody, guildId?: string): RegisteredCommand | undefined {
    return scope(guildId).find((one) => one.name === body.name && one.type === (body.type ?? 1));
  }

  return {
    all: () => [...scopes.values()].flat(),
    list: (guildId) => [...scope(guildId)],
    replace(bodies, guildId) {
      const problems = bodies.flatMap((body, index) => problemsOf(body, [index]));
      const counts = new Map<number, number>();
      const names = new Set<string>();
      for (const [index, body] of bodies.entries()) {
        const type = body.type ?? 1;
        counts.set(type, (counts.get(type) ?? 0) + 1);
        const message = 'Application command names must be unique';
        const name = `${type} ${body.name}`;
        if (names.has(name)) problems.push({ path: [index], code: 'APPLICATION_COMMANDS_DUPLICATE_NAME', message });
        names.add(name);
      }
      for (const [type, count] of counts) {
        const message = `Maximum number of application commands reached (${MAX_COMMANDS[type]})`;
        if (count > (MAX_COMMANDS[type] ?? 0)) problems.push({ path: [], code: 'APPLICATION_COMMANDS_MAX', message });
      }
      if (problems.length > 0) throw invalidForm(problems);
      const made = bodies.map((body) => register(body, same(body, guildId), guildId));
      scopes.set(guildId ?? '', made);
      return made;
    },
    upsert(body, guildId, replaced) {
      const problems = problemsOf(body, []);
      if (problems.length > 0) throw invalidForm(problems);
      const old = replaced ?? same(body, guildId);
      const command = register(body, old, guildId);
      scopes.set(guildId ?? '', [...scope(guildId).filter((one) => one !== old), command]);
      return { command, created: !old };
    },
    remove(id, guildId) {
      const before = scope(guildId);
      const after = before.filter((one) => one.id !== id);
      scopes.set(guildId ?? '', after);
      return after.length < before.length;
    },
  };
}
