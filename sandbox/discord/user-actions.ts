// Actions of the sandbox's users: commands, buttons, modals, messages.
import type { Cdn, Upload } from './cdn.ts';
import type { Commands, RegisteredCommand } from './commands.ts';
import { componentData, type FieldValue, findEnabled, modalData } from './form-fields.ts';
import type { Interaction, Interactions } from './interactions.ts';
import { messageJson } from './message-wire.ts';
import type { HookBody, Message, Messages } from './messages.ts';
import { fillOptions, type OptionValue, offeredCommand } from './slash-options.ts';
import type { Channel, User, World } from './world.ts';

/** Ids or names from the world; the channel `dm` is the user's direct message with the bot. */
export type Actor = { user: string; channel: string };

export type UserActions = {
  /** The commands this user is offered in the channel. */
  offered(by: Actor): RegisteredCommand[];
  slash(by: Actor, name: string, options: Record<string, OptionValue>, subcommand?: string): Interaction;
  menu(by: Actor, name: string, messageId: string): Interaction;
  press(by: Actor, messageId: string, customId: string | RegExp, values?: string[]): Interaction;
  submit(by: Actor, modal: Interaction, fields: Record<string, FieldValue>): Interaction;
  post(by: Actor, content: string, files?: Upload[]): Message;
  /** Posts a link; Discord shows the picture that it leads to, or the one of the page. */
  link(by: Actor, url: string, picture: Upload): Message;
  forward(by: Actor, messageId: string): Message;
  /** A webhook writes into a channel of the guild. */
  hook(channel: string, body: HookBody, files?: Upload[]): Message;
};

/** Creates the actions. Actions that Discord's client would not allow throw. */
export function createUserActions(
  world: World,
  messages: Messages,
  commands: Commands,
  interactions: Interactions,
  cdn: Cdn,
): UserActions {
  function place(by: Actor): { user: User; channel: Channel } {
    const user = world.user(by.user);
    return { user, channel: world.channel(by.channel, user.id) };
  }
  function writer(by: Actor): { user: User; channel: Channel } {
    const { user, channel } = place(by);
    const needed = channel.type === 11 ? 'SEND_MESSAGES_IN_THREADS' : 'SEND_MESSAGES';
    if (channel.type !== 1 && !world.can(channel, user.id, 'VIEW_CHANNEL', needed)) {
      throw new Error(`${user.username} may not write in ${channel.name}`);
    }
    return { user, channel };
  }
  function findVisible(user: User, channel: Channel, messageId: string): Message {
    const message = messages.visible(channel.id, user.id).find((one) => one.id === messageId);
    if (!message) throw new Error(`${user.username} sees no message ${messageId} in ${channel.name}`);
    return message;
  }

  return {
    offered(by) {
      const { user, channel } = place(by);
      return commands.all().filter((command) => {
        try {
          return offeredCommand(world, commands, command.type, command.name, user, channel) === command;
        } catch {
          return false;
        }
      });
    },
    slash(by, name, options, subcommand) {
      const { user, channel } = place(by);
      const command = offeredCommand(world, commands, 1, name, user, channel);
      const filled = fillOptions(world, cdn, command, options, { user, channel, subcommand });
      const scope = command.guild_id ? { guild_id: command.guild_id } : {};
      return interactions.open(2, user, channel, { id: command.id, name, type: 1, ...scope, ...filled }, {});
    },
    menu(by, name, messageId) {
      const { user, channel } = place(by);
      const command = offeredCommand(world, commands, 3, name, user, channel);
      const message = findVisible(user, channel, messageId);
      const data = {
        id: command.id,
        name,
        type: 3,
        target_id: message.id,
        resolved: { messages: { [message.id]: messageJson(world, message) } },
        ...(command.guild_id ? { guild_id: command.guild_id } : {}),
      };
      return interactions.open(2, user, channel, data, {});
    },
    press(by, messageId, customId, values) {
      const { user, channel } = place(by);
      const source = findVisible(user, channel, messageId);
      const data = componentData(world, findEnabled(source.components, customId), values, { user, channel });
      return interactions.open(3, user, channel, data, { source, message: messageJson(world, source) });
    },
    submit(by, shown, fields) {
      const { user, channel } = place(by);
      const record = interactions.recordOf(shown);
      if (!record.modal) throw new Error('the interaction was not answered with a modal');
      if (record.user !== user) throw new Error(`the modal was shown to ${record.user.username}`);
      const data = modalData(world, cdn, record.modal, fields, { user, channel });
      const { source } = record;
      const message = source ? { source, message: messageJson(world, source) } : {};
      return interactions.open(5, user, channel, data, message);
    },
    post(by, content, files = []) {
      const { user, channel } = writer(by);
      return messages.post(channel, user.id, content, files);
    },
    link(by, url, picture) {
      const { user, channel } = writer(by);
      const type = /\.\w+$/.test(new URL(url).pathname) ? 'image' : 'article';
      const embeds = [{ type, url, thumbnail: cdn.mirror(url, picture) }];
      return messages.post(channel, user.id, url, [], { embeds });
    },
    forward(by, messageId) {
      const { user, channel } = writer(by);
      const original = messages.find(messageId);
      if (!original || original.forwards) throw new Error(`message ${messageId} cannot be forwarded`);
      findVisible(user, world.channel(original.channelId), messageId);
      return messages.post(channel, user.id, '', [], { forwards: { ...original } });
    },
    hook(channel, body, files = []) {
      return messages.hook(world.channel(channel), 'gazette', body, files);
    },
  };
}
