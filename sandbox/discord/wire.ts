// Discord's JSON for users, members, roles, channels and the guild.
import { DIRECT_MESSAGE } from './permissions.ts';
import { snowflakeTime } from './snowflake.ts';
import type { Channel, Role, User, World } from './world.ts';

export type Json = Record<string, unknown>;

export function userJson(user: User): Json {
  return {
    id: user.id,
    username: user.username,
    // '0' marks a user name without a discriminator, as all are now.
    discriminator: '0',
    global_name: user.bot ? null : user.displayName,
    avatar: null,
    avatar_decoration_data: null,
    banner: null,
    accent_color: null,
    bot: user.bot,
    public_flags: 0,
    flags: 0,
    primary_guild: null,
    collectibles: null,
  };
}

/** A member without `user`, as in resolved data. */
export function memberJson(user: User): Json {
  return {
    nick: null,
    avatar: null,
    banner: null,
    roles: user.roles,
    joined_at: new Date(snowflakeTime(user.id)).toISOString(),
    premium_since: null,
    deaf: false,
    mute: false,
    flags: 0,
    pending: false,
    communication_disabled_until: null,
    unusual_dm_activity_until: null,
  };
}

export function roleJson(role: Role): Json {
  return {
    id: role.id,
    name: role.name,
    position: role.position,
    permissions: String(role.permissions),
    color: 0,
    colors: { primary_color: 0, secondary_color: null, tertiary_color: null },
    hoist: false,
    icon: null,
    unicode_emoji: null,
    managed: false,
    mentionable: false,
    flags: 0,
  };
}

export function channelJson(world: World, channel: Channel): Json {
  // Channel flag 1 << 21: a spoiler channel.
  const flags = channel.spoilers ? 1 << 21 : 0;
  const common = { id: channel.id, type: channel.type, last_message_id: null, flags };
  if (channel.type === 1) {
    const recipient = channel.recipientId ? world.findUser(channel.recipientId) : undefined;
    return { ...common, recipients: recipient ? [userJson(recipient)] : [] };
  }
  const named = { ...common, name: channel.name, guild_id: channel.guildId ?? world.guild.id, rate_limit_per_user: 0 };
  if (channel.type === 11) {
    // Threads have no `nsfw`: their parent's applies.
    return {
      ...named,
      parent_id: channel.parentId,
      owner_id: world.owner.id,
      message_count: 0,
      member_count: 1,
      total_message_sent: 0,
      thread_metadata: {
        archived: false,
        auto_archive_duration: 10_080,
        archive_timestamp: new Date(snowflakeTime(channel.id)).toISOString(),
        create_timestamp: new Date(snowflakeTime(channel.id)).toISOString(),
        locked: false,
      },
    };
  }
  const forModerators = channel.moderatorsOnly
    ? [
        { id: world.guild.id, type: 0, allow: '0', deny: '1024' },
        ...world.roles.slice(1).map((role) => ({ id: role.id, type: 0, allow: '1024', deny: '0' })),
      ]
    : [];
  const denials = world.denials(channel.id).map(({ userId, bits }) => {
    return { id: userId, type: 1, allow: '0', deny: String(bits) };
  });
  return {
    ...named,
    parent_id: null,
    position: world.channels.indexOf(channel),
    topic: null,
    nsfw: channel.nsfw,
    permission_overwrites: [...forModerators, ...denials],
  };
}

/** The channel in an interaction, with the user's permissions there. */
export function partialChannelJson(world: World, channel: Channel, userId: string): Json {
  const permissions = channel.type === 1 ? DIRECT_MESSAGE : world.permissions(channel, userId);
  return { ...channelJson(world, channel), permissions: String(permissions) };
}

export function guildJson(world: World): Json {
  return {
    id: world.guild.id,
    name: world.guild.name,
    owner_id: world.owner.id,
    icon: null,
    splash: null,
    discovery_splash: null,
    afk_channel_id: null,
    afk_timeout: 300,
    verification_level: 1,
    default_message_notifications: 1,
    explicit_content_filter: 0,
    roles: world.roles.map(roleJson),
    emojis: [],
    stickers: [],
    features: [],
    mfa_level: 0,
    application_id: null,
    system_channel_id: world.systemChannelId,
    system_channel_flags: 0,
    rules_channel_id: null,
    public_updates_channel_id: null,
    safety_alerts_channel_id: null,
    vanity_url_code: null,
    description: null,
    banner: null,
    premium_tier: world.guild.premiumTier,
    premium_subscription_count: 0,
    premium_progress_bar_enabled: false,
    preferred_locale: 'en-US',
    nsfw_level: 0,
    nsfw: false,
    max_members: 500_000,
  };
}

/** A text channel of the guild itself. */
export function isOwn({ type, guildId }: Channel): boolean {
  return type === 0 && guildId === undefined;
}

/** The payload of GUILD_CREATE: the guild with its members, channels and, unless they are archived, threads. */
export function guildCreateJson(world: World, archived = false): Json {
  return {
    ...guildJson(world),
    joined_at: new Date(snowflakeTime(world.guild.id)).toISOString(),
    large: false,
    unavailable: false,
    member_count: world.users.length,
    voice_states: [],
    presences: [],
    stage_instances: [],
    guild_scheduled_events: [],
    soundboard_sounds: [],
    members: world.users.map((user) => ({ ...memberJson(user), user: userJson(user) })),
    channels: world.channels.filter(isOwn).map((one) => channelJson(world, one)),
    threads: world.channels.filter((one) => one.type === 11 && !archived).map((one) => channelJson(world, one)),
  };
}
