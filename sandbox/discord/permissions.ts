// The permission bits that matter to this bot (names and positions from Discord's documentation).
const BITS = {
  CREATE_INSTANT_INVITE: 0,
  KICK_MEMBERS: 1,
  BAN_MEMBERS: 2,
  ADMINISTRATOR: 3,
  MANAGE_CHANNELS: 4,
  MANAGE_GUILD: 5,
  ADD_REACTIONS: 6,
  VIEW_AUDIT_LOG: 7,
  VIEW_CHANNEL: 10,
  SEND_MESSAGES: 11,
  MANAGE_MESSAGES: 13,
  EMBED_LINKS: 14,
  ATTACH_FILES: 15,
  READ_MESSAGE_HISTORY: 16,
  MENTION_EVERYONE: 17,
  USE_EXTERNAL_EMOJIS: 18,
  CHANGE_NICKNAME: 26,
  MANAGE_ROLES: 28,
  MANAGE_WEBHOOKS: 29,
  USE_APPLICATION_COMMANDS: 31,
  MANAGE_THREADS: 34,
  CREATE_PUBLIC_THREADS: 35,
  SEND_MESSAGES_IN_THREADS: 38,
  MODERATE_MEMBERS: 40,
} as const;

export type PermissionName = keyof typeof BITS;

/** A bit field with these permissions set. */
export function permissionBits(...names: PermissionName[]): bigint {
  return names.reduce((bits, name) => bits | (1n << BigInt(BITS[name])), 0n);
}

export const ALL = Object.values(BITS).reduce((bits, bit) => bits | (1n << BigInt(bit)), 0n);

export const MEMBER = permissionBits(
  'CREATE_INSTANT_INVITE',
  'ADD_REACTIONS',
  'VIEW_CHANNEL',
  'SEND_MESSAGES',
  'EMBED_LINKS',
  'ATTACH_FILES',
  'READ_MESSAGE_HISTORY',
  'CHANGE_NICKNAME',
  'USE_APPLICATION_COMMANDS',
  'CREATE_PUBLIC_THREADS',
  'SEND_MESSAGES_IN_THREADS',
);

export const MODERATOR = permissionBits(
  'MANAGE_MESSAGES',
  'MANAGE_THREADS',
  'MODERATE_MEMBERS',
  'KICK_MEMBERS',
  'BAN_MEMBERS',
);

/** The fixed permissions Discord reports for an app in a direct message. */
export const DIRECT_MESSAGE = permissionBits(
  'VIEW_CHANNEL',
  'SEND_MESSAGES',
  'ADD_REACTIONS',
  'EMBED_LINKS',
  'ATTACH_FILES',
  'READ_MESSAGE_HISTORY',
  'MENTION_EVERYONE',
  'USE_EXTERNAL_EMOJIS',
  'USE_APPLICATION_COMMANDS',
);

export function has(bits: bigint, ...names: PermissionName[]): boolean {
  const wanted = permissionBits(...names);
  return (bits & wanted) === wanted;
}
