// Looks at a channel and its server as they are now, over REST: the gateway's cache may lag, and unlike an interaction's
// payload a look can be repeated before each thing that must not be seen by everybody.
import { DiscordAPIError, Routes } from 'discord.js';
import { z } from 'zod';
import { type CardPermission, cardPermissions, permissionBits } from './permissions.ts';

const bits = z.string().regex(/^\d+$/).transform(BigInt);
const channelShape = z.object({
  id: z.string(),
  type: z.number(),
  guild_id: z.string().optional(),
  parent_id: z.string().nullish(),
  nsfw: z.boolean().optional(),
  permission_overwrites: z.array(z.object({ id: z.string(), allow: bits, deny: bits })).optional(),
});
const guildShape = z.object({
  id: z.string(),
  name: z.string(),
  owner_id: z.string(),
  system_channel_id: z.string().nullish(),
  roles: z.array(z.object({ id: z.string(), permissions: bits })),
});
const memberShape = z.object({ roles: z.array(z.string()) });
const userShape = z.object({ id: z.string() });

/** The owner of a team's application is no person. */
const applicationShape = z.object({
  owner: userShape.optional(),
  team: z
    .object({
      owner_user_id: z.string(),
      members: z.array(z.object({ membership_state: z.number(), user: userShape })),
    })
    .nullish(),
});
/** Of a member of a team, who may also only be invited. */
const accepted = 2;

type Overwrite = { id: string; allow: bigint; deny: bigint };
type Roles = readonly { id: string; permissions: bigint }[];

/** A member as far as permissions go; `@everyone` is somebody without roles. */
export type Someone = { userId: string; roleIds: readonly string[] };

export type ChannelNow = {
  /** A plain text channel of a server. */
  isText: boolean;
  ageRestricted: boolean;
  /** Everybody in the server sees it. */
  isPublic: boolean;
  /** What the bot lacks to post cards there. */
  missing: readonly CardPermission[];
};

export type Places = {
  /** Who operates the bot: its application's owner; of a team its owner first, then the others. @throws {DiscordTrouble} */
  operators(): Promise<readonly string[]>;
  /**
   * Whether a channel is age-restricted now; a thread is as its parent. Undefined when it does not exist or is closed to
   * the bot. @throws {DiscordTrouble}
   */
  isAgeRestricted(channelId: string): Promise<boolean | undefined>;
  /** A server's channel as it is now: `gone`, `hidden` from the bot, or of another server. @throws {DiscordTrouble} */
  channel(guildId: string, channelId: string): Promise<ChannelNow | 'gone' | 'hidden' | 'elsewhere'>;
  /**
   * A server's name and who runs it: its owner, and the channel where Discord announces things. Undefined when the bot
   * is not in it.
   * @throws {DiscordTrouble}
   */
  server(guildId: string): Promise<{ name: string; ownerId: string; systemChannelId: string | undefined } | undefined>;
};

// Discord's JSON error codes: 10003 unknown channel, 10004 unknown guild, 10007 unknown member, 50001 missing access.
const goneCodes = new Set<string | number>([10003, 10004, 10007]);
const missingAccess = 50001;

/** How long a server's roles and the bot's own are taken as known: a burst of cards asks once. */
const rolesMs = 2_000;

const administrator = 1n << 3n;
const every = ~0n;
const viewChannel = permissionBits.view;

/** Channel types: a server's text channel; threads of announcement and text channels, and private ones. */
const textChannel = 0;
const threads = new Set([10, 11, 12]);

/**
 * What somebody may do in a channel, as Discord computes it: roles, then the overwrites of @everyone, of the roles
 * together, and of the member. Nothing without View Channel.
 */
export function permissionsIn(
  guild: { id: string; owner_id?: string; roles: Roles },
  overwrites: readonly Overwrite[],
  { userId, roleIds }: Someone,
): bigint {
  if (userId === guild.owner_id) return every;
  const own = new Set([...roleIds, guild.id]);
  let granted = 0n;
  for (const { id, permissions } of guild.roles) if (own.has(id)) granted |= permissions;
  if ((granted & administrator) !== 0n) return every;
  const apply = (ids: readonly string[]) => {
    const found = overwrites.filter(({ id }) => ids.includes(id));
    for (const { deny } of found) granted &= ~deny;
    for (const { allow } of found) granted |= allow;
  };
  apply([guild.id]);
  apply(roleIds);
  apply([userId]);
  return (granted & viewChannel) === 0n ? 0n : granted;
}

/** @param get a request with the bot's token; throws discord.js's errors. @param attempt makes them DiscordTrouble */
export function createPlaces(
  get: (route: `/${string}`) => Promise<unknown>,
  attempt: <Result>(request: () => Promise<Result>) => Promise<Result>,
): Places {
  let botId: string | undefined;
  const roles = new Map<string, Promise<readonly [Awaited<ReturnType<typeof readServer>>, Someone]>>();

  async function read(channelId: string) {
    try {
      return channelShape.parse(await get(Routes.channel(channelId)));
    } catch (error) {
      if (!(error instanceof DiscordAPIError)) throw error;
      if (goneCodes.has(error.code)) return 'gone';
      if (error.code === missingAccess) return 'hidden';
      throw error;
    }
  }

  async function readServer(guildId: string) {
    try {
      return guildShape.parse(await get(Routes.guild(guildId)));
    } catch (error) {
      const away = error instanceof DiscordAPIError && (goneCodes.has(error.code) || error.code === missingAccess);
      if (away) return undefined;
      throw error;
    }
  }

  async function readBot(guildId: string): Promise<Someone> {
    botId ??= userShape.parse(await get(Routes.user())).id;
    const { roles } = memberShape.parse(await get(Routes.guildMember(guildId, botId)));
    return { userId: botId, roleIds: roles };
  }

  /** A channel's own overwrites are read each time; roles hardly ever change, and cards come in bursts. */
  function readRoles(guildId: string) {
    const known = roles.get(guildId);
    if (known) return known;
    const reading = Promise.all([readServer(guildId), readBot(guildId)]);
    roles.set(guildId, reading);
    const forget = () => void roles.delete(guildId);
    reading.then(() => setTimeout(forget, rolesMs).unref(), forget);
    return reading;
  }

  return {
    operators: () =>
      attempt(async () => {
        const { owner, team } = applicationShape.parse(await get(Routes.currentApplication()));
        if (!team) return owner ? [owner.id] : [];
        const members = team.members.filter(({ membership_state }) => membership_state === accepted);
        return [...new Set([team.owner_user_id, ...members.map(({ user }) => user.id)])];
      }),

    isAgeRestricted: (channelId) =>
      attempt(async () => {
        const channel = await read(channelId);
        if (typeof channel === 'string') return undefined;
        if (!threads.has(channel.type)) return channel.nsfw === true;
        const parent = channel.parent_id ? await read(channel.parent_id) : 'gone';
        return typeof parent === 'string' ? undefined : parent.nsfw === true;
      }),

    channel: (guildId, channelId) =>
      attempt(async () => {
        const channel = await read(channelId);
        if (typeof channel === 'string') return channel;
        if (channel.guild_id !== guildId) return 'elsewhere';
        const [guild, bot] = await readRoles(guildId);
        if (!guild) return 'hidden';
        const overwrites = channel.permission_overwrites ?? [];
        const allowed = permissionsIn(guild, overwrites, bot);
        // Somebody without any role: what @everyone may.
        const everyone = permissionsIn(guild, overwrites, { userId: '', roleIds: [] });
        return {
          isText: channel.type === textChannel,
          ageRestricted: channel.nsfw === true,
          isPublic: (everyone & viewChannel) !== 0n,
          missing: cardPermissions.filter((name) => (allowed & permissionBits[name]) === 0n),
        };
      }),

    server: (guildId) =>
      attempt(async () => {
        const guild = await readServer(guildId);
        return (
          guild && { name: guild.name, ownerId: guild.owner_id, systemChannelId: guild.system_channel_id ?? undefined }
        );
      }),
  };
}
