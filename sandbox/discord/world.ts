// The initial world: one guild with its channels, threads, roles and users. Ids are fixed, so that tests can name them.
import { ALL, DIRECT_MESSAGE, has, MEMBER, MODERATOR, type PermissionName, permissionBits } from './permissions.ts';
import { snowflakeAt } from './snowflake.ts';

export type User = { id: string; username: string; displayName: string; bot: boolean; roles: string[] };
export type Role = { id: string; name: string; position: number; permissions: bigint };
/** Types: 0 text channel, 1 direct message, 11 public thread. */
export type Channel = {
  id: string;
  name: string;
  type: 0 | 1 | 11;
  nsfw: boolean;
  /** Its pictures are all covered. */
  spoilers?: boolean;
  moderatorsOnly: boolean;
  parentId?: string;
  recipientId?: string;
  /** Set in a channel of another guild, which the bot cannot use. */
  guildId?: string;
};

/** What everybody may have seen of a channel, from a moment on. */
type Openness = { since: number; nsfw: boolean; everyone: boolean };

const FIRST_ID_TIME = Date.UTC(2026, 0, 5, 9);
let idCount = 0;
/** Databases of older versions name these ids. @param ms tells a server's shard apart from that of others */
const nextId = (ms = 0) => snowflakeAt(FIRST_ID_TIME + ++idCount * 60_000 + ms);

export const GUILD = { id: nextId(), name: 'darkroom-lab', premiumTier: 0 };
export const APPLICATION = { id: nextId(), name: 'darkroom' };
/** The @everyone role has the guild's id. */
export const EVERYONE: Role = { id: GUILD.id, name: '@everyone', position: 0, permissions: MEMBER };
export const MODERATORS: Role = { id: nextId(), name: 'Moderators', position: 1, permissions: MEMBER | MODERATOR };
export const BOT_ROLE: Role = { id: nextId(), name: 'darkroom', position: 2, permissions: MEMBER };

const person = (username: string, displayName: string, roles: string[] = []): User => {
  return { id: nextId(), username, displayName, bot: false, roles };
};
/** A bot's user has its application's id. */
export const BOT: User = {
  id: APPLICATION.id,
  username: 'darkroom',
  displayName: 'darkroom',
  bot: true,
  roles: [BOT_ROLE.id],
};
export const MIA = person('mia', 'Mia');
export const NOAH = person('noah', 'Noah');
export const VERA = person('vera', 'Vera', [MODERATORS.id]);
export const OTTO = person('otto', 'Otto');

const text = (name: string, more: Partial<Channel> = {}): Channel => {
  return { id: nextId(), name, type: 0, nsfw: false, moderatorsOnly: false, ...more };
};
export const GENERAL = text('general');
export const LOUNGE = text('lounge', { nsfw: true });
export const REVIEW = text('review', { moderatorsOnly: true });
export const GENERAL_THREAD = text('general-thread', { type: 11, parentId: GENERAL.id });
export const LOUNGE_THREAD = text('lounge-thread', { type: 11, parentId: LOUNGE.id });

const USERS = [BOT, MIA, NOAH, VERA, OTTO];
const DIRECT = [MIA, NOAH, VERA, OTTO].map((user) => text(`dm-${user.username}`, { type: 1, recipientId: user.id }));
const CHANNELS = [GENERAL, LOUNGE, REVIEW, GENERAL_THREAD, LOUNGE_THREAD, ...DIRECT];
/** In a guild of its own, last so that the ids before it stay. */
export const ELSEWHERE = text('elsewhere', { moderatorsOnly: true, guildId: nextId(1) });

export type World = {
  application: typeof APPLICATION;
  guild: typeof GUILD;
  owner: User;
  bot: User;
  roles: Role[];
  users: User[];
  /** The existing channels. */
  channels: Channel[];
  /** Where Discord announces who joined, if the guild has such a channel. */
  systemChannelId: string | null;
  /** Both find by id or name and throw if nothing matches. The channel `dm` is the direct message with `withUser`. */
  user(reference: string): User;
  channel(reference: string, withUser?: string): Channel;
  findUser(id: string): User | undefined;
  findChannel(id: string): Channel | undefined;
  /** The user's permissions in the channel. */
  permissions(channel: Channel, userId: string): bigint;
  can(channel: Channel, userId: string, ...names: PermissionName[]): boolean;
  /** The user's permissions in the whole guild: what their roles give. */
  guildPermissions(userId: string): bigint;
  /** Gives a role more permissions, by its name or id; or takes all of those away again. */
  grant(role: string, names: PermissionName[], given?: boolean): Role;
  /** Denies somebody permissions in a channel; the bot unless told. */
  deny(channelId: string, names: PermissionName[], userId?: string): void;
  allow(channelId: string): void;
  /** What people and the bot are denied in the channel itself. */
  denials(channelId: string): { userId: string; bits: bigint }[];
  removeChannel(id: string): Channel[];
  setRestricted(channelId: string, nsfw: boolean): void;
  /** Whether everybody in the guild sees the channel, or only moderators. */
  setPublic(channelId: string, everyone: boolean): void;
  /** The channel itself, or a thread's parent. */
  rootOf(channelId: string): string;
  /** How the channel (of a thread its parent) stood at a moment, also when it is gone by now. */
  openness(channelId: string, at: number): Pick<Openness, 'nsfw' | 'everyone'>;
  /** Roles that the guild's integration settings let use a command, by its name; whatever permissions they have. */
  commandRoles: Map<string, Set<string>>;
  /** Ids of users who accept no direct messages. */
  closedDms: Set<string>;
};

/** Creates the initial world. */
export function createWorld(guildId = GUILD.id): World {
  const denied = new Map<string, Map<string, bigint>>();
  // Copies: a test that changes a channel must not change the next test's.
  const channels = [...CHANNELS, ELSEWHERE].map((channel) => ({ ...channel }));
  const known = new Map(channels.map((channel) => [channel.id, channel]));
  const past = new Map(
    channels.map(({ id, nsfw, moderatorsOnly }) => {
      const openness: Openness[] = [{ since: 0, nsfw, everyone: !moderatorsOnly }];
      return [id, openness];
    }),
  );
  const roles = [{ ...EVERYONE, id: guildId }, MODERATORS, BOT_ROLE].map((role) => ({ ...role }));

  function findChannel(id: string): Channel | undefined {
    return channels.find((channel) => channel.id === id);
  }

  function guildPermissions(userId: string): bigint {
    const own = USERS.find((one) => one.id === userId)?.roles ?? [];
    return roles
      .filter(({ id }) => id === guildId || own.includes(id))
      .reduce((bits, role) => bits | role.permissions, 0n);
  }

  function permissions(channel: Channel, userId: string): bigint {
    if (channel.type === 1) return userId === channel.recipientId || userId === BOT.id ? DIRECT_MESSAGE : 0n;
    if (channel.guildId !== undefined) return userId === BOT.id ? MEMBER : 0n;
    const user = USERS.find((one) => one.id === userId);
    if (!user) return 0n;
    if (user === OTTO) return ALL;
    // A thread inherits the permissions of its parent.
    const parent = (channel.parentId && findChannel(channel.parentId)) || channel;
    let bits = guildPermissions(userId);
    if (parent.moderatorsOnly && user !== BOT && !user.roles.includes(MODERATORS.id)) {
      bits &= ~permissionBits('VIEW_CHANNEL');
    }
    for (const { id } of [channel, parent]) bits &= ~(denied.get(id)?.get(userId) ?? 0n);
    // Without VIEW_CHANNEL, no other permission applies.
    return has(bits, 'VIEW_CHANNEL') ? bits : 0n;
  }

  /** Also of a channel that is gone by now. */
  const rootOf = (id: string) => known.get(id)?.parentId ?? id;

  function note({ id, nsfw, moderatorsOnly }: Channel): void {
    past.get(id)?.push({ since: Date.now(), nsfw, everyone: !moderatorsOnly });
  }

  return {
    application: APPLICATION,
    guild: { ...GUILD, id: guildId },
    owner: OTTO,
    bot: BOT,
    roles,
    users: USERS,
    channels,
    systemChannelId: null,
    user(reference) {
      const user = USERS.find((one) => one.id === reference || one.username === reference);
      if (!user) throw new Error(`there is no user ${reference}`);
      return user;
    },
    channel(reference, withUser) {
      const channel = channels.find((one) => {
        if (reference === 'dm') return withUser !== undefined && one.recipientId === withUser;
        return one.id === reference || one.name === reference;
      });
      if (!channel) throw new Error(`there is no channel ${reference}`);
      return channel;
    },
    findUser: (id) => USERS.find((user) => user.id === id),
    findChannel,
    permissions,
    guildPermissions: (userId) => (userId === OTTO.id ? ALL : guildPermissions(userId)),
    grant(reference, names, given = true) {
      const role = roles.find(({ id, name }) => id === reference || name === reference);
      if (!role) throw new Error(`there is no role ${reference}`);
      const bits = permissionBits(...names);
      role.permissions = given ? role.permissions | bits : role.permissions & ~bits;
      return role;
    },
    can: (channel, userId, ...names) => has(permissions(channel, userId), ...names),
    deny(id, names, userId = BOT.id) {
      const here = denied.get(id) ?? new Map<string, bigint>();
      denied.set(id, here.set(userId, (here.get(userId) ?? 0n) | permissionBits(...names)));
    },
    allow(id) {
      denied.delete(id);
    },
    denials: (id) => [...(denied.get(id) ?? [])].map(([userId, bits]) => ({ userId, bits })),
    removeChannel(id) {
      const gone = channels.filter((channel) => channel.id === id || channel.parentId === id);
      for (const channel of gone) channels.splice(channels.indexOf(channel), 1);
      return gone;
    },
    setRestricted(id, nsfw) {
      const channel = findChannel(id);
      if (!channel) throw new Error(`there is no channel ${id}`);
      channel.nsfw = nsfw;
      note(channel);
    },
    setPublic(id, everyone) {
      const channel = findChannel(id);
      if (!channel) throw new Error(`there is no channel ${id}`);
      channel.moderatorsOnly = !everyone;
      note(channel);
    },
    rootOf,
    openness(id, at) {
      const stood = past.get(rootOf(id))?.findLast(({ since }) => since <= at);
      return stood ?? { nsfw: false, everyone: true };
    },
    commandRoles: new Map(),
    closedDms: new Set(),
  };
}
