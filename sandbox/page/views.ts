// What the page shows of the world, its messages and the runs, as plain JSON for one user.
import type { Discord, Message, RegisteredCommand } from '../discord/discord.ts';
import { messageJson } from '../discord/message-wire.ts';
import { roleJson, userJson } from '../discord/wire.ts';
import type { User } from '../discord/world.ts';
import type { Run } from '../runflow/runflow.ts';
import { readTriggers, triggers } from '../runflow/triggers.ts';
import type { Switches } from './switches.ts';

/** Descriptions of user actions such as "used /edit", by interaction id. Discord's message JSON has none. */
export type ActionTexts = ReadonlyMap<string, string>;

type Json = Record<string, unknown>;

// How far back the page can scroll.
const shownMessages = 100;
const shownAttempts = 4;

export function showMessage({ world }: Discord, message: Message, actionTexts: ActionTexts): Json {
  return {
    ...messageJson(world, message),
    ephemeral: message.ephemeralFor !== undefined,
    loading: message.loading,
    // The first text of a deferred reply is not an edit.
    edited: message.history.length > 1,
    by: message.origin ? world.findUser(message.origin.userId)?.displayName : undefined,
    action: message.origin ? (actionTexts.get(message.origin.id) ?? 'used the app') : undefined,
  };
}

export function showMessages(discord: Discord, user: User, actionTexts: ActionTexts): Json[] {
  return discord.world.channels
    .flatMap((channel) => discord.visible(channel.id, user.id).slice(-shownMessages))
    .map((message) => showMessage(discord, message, actionTexts));
}

/** The channels this user can see, each with the commands offered there and its switches. */
export function showChannels(discord: Discord, user: User, switches: Switches): Json[] {
  const { world } = discord;
  return world.channels
    .filter((channel) => world.can(channel, user.id, 'VIEW_CHANNEL'))
    .map((channel) => ({
      id: channel.id,
      name: channel.type === 1 ? world.bot.displayName : channel.name,
      type: channel.type,
      ageRestricted: channel.nsfw,
      moderatorsOnly: channel.moderatorsOnly,
      parent: channel.parentId,
      commands: discord.offered({ user: user.id, channel: channel.id }).map(showCommand),
      switches: switches.show(user, channel),
    }));
}

function showCommand({ name, type, description, options }: RegisteredCommand): Json {
  return { name, type, description, options: options ?? [] };
}

export function showPeople({ world }: Discord): Json {
  const role = (user: User) => {
    if (user === world.owner) return 'owner';
    return user.roles.length > 0 ? 'moderator' : 'member';
  };
  return {
    guild: world.guild.id,
    users: world.users.map((user) => ({ ...userJson(user), name: user.displayName, role: role(user) })),
    roles: world.roles.map(roleJson),
  };
}

export function showRun({ world }: Discord, run: Run): Json {
  const asker = run.metadata?.user_id;
  return {
    id: run.id,
    status: run.status_code,
    prompt: run.input.prompt,
    triggers: readTriggers(run.input.prompt).found.map(({ word }) => word),
    createdAt: Date.parse(run.created_at),
    seconds: run.duration_ms === null ? undefined : run.duration_ms / 1000,
    cost: run.cost ?? undefined,
    failure: run.failure_message ?? undefined,
    flagged: run.output && 'nsfw_detected' in run.output ? run.output.nsfw_detected : undefined,
    asker: typeof asker === 'string' ? world.findUser(asker)?.displayName : undefined,
    calls: run.callback_url !== null,
    attempts: run.callbackAttempts.slice(-shownAttempts).map(({ status, error }) => status ?? error ?? 'no answer'),
    attemptCount: run.callbackAttempts.length,
  };
}

export function showTriggers(): Json[] {
  return triggers.map(({ word, what }) => ({ word, what }));
}
