// The page's state: the server's latest data, and the current user and channel.

export const world = {
  /** The current user's name, and below it the current channel's id. */
  me: 'mia',
  channelId: '',
  users: [],
  roles: [],
  channels: [],
  /** By id; ids sort by age. */
  messages: new Map(),
  runs: new Map(),
  log: [],
  triggers: [],
  controls: [],
  bot: { state: 'starting' },
  balance: 0,
  /** How far the sandbox's clock is ahead of ours. */
  aheadMs: 0,
  violations: [],
};

export const findUser = (id) => world.users.find((user) => user.id === id);
export const findChannel = (id) => world.channels.find((channel) => channel.id === id);
export const currentChannel = () => findChannel(world.channelId);

export const nameOf = (user) => user?.name ?? 'unknown';

export function channelName(channel) {
  return channel.type === 1 ? `@${channel.name}` : channel.name;
}

/** The messages of a channel, oldest first. */
export function messagesIn(channelId) {
  return [...world.messages.values()]
    .filter((message) => message.channel_id === channelId)
    .sort((one, other) => one.id.length - other.id.length || (one.id < other.id ? -1 : 1));
}
