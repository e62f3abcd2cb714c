// /settings: what a server decided about moderation, shown and changed by those who run it. Every change goes into the
// audit log.
import {
  type APIApplicationCommandBasicOption,
  ApplicationCommandOptionType,
  ApplicationCommandType,
  ApplicationIntegrationType,
  ChannelType,
  type ChatInputCommandInteraction,
  InteractionContextType,
  PermissionFlagsBits,
  type RESTPostAPIChatInputApplicationCommandsJSONBody,
} from 'discord.js';
import { UserError } from '../src/errors.ts';
import { addEntries, checkEntry, mostEntries, removeEntries } from '../src/moderation/blocklist.ts';
import { moderationTexts } from '../src/moderation-texts.ts';
import { mayConfigure } from '../src/settings/rights.ts';
import { findChanges, listSettings } from '../src/settings/setting-list.ts';
import { type Action, actions, hoursRange, type Settings } from '../src/settings/settings.ts';
import { escapeText, messageLimit, texts } from '../src/texts.ts';
import type { Bot, Command } from './command.ts';
import { readPresser } from './presser.ts';

const words = moderationTexts.commands.settings;
const replies = moderationTexts.settings;

function policyOption(name: string, description: string): APIApplicationCommandBasicOption {
  const choices = actions.map((value) => ({ name: words.actions[value], value }));
  return { type: ApplicationCommandOptionType.String, name, description, choices };
}

function hoursOption(name: string, description: string): APIApplicationCommandBasicOption {
  const [min_value, max_value] = hoursRange;
  return { type: ApplicationCommandOptionType.Integer, name, description, min_value, max_value };
}

const yesOrNo = (name: string, description: string): APIApplicationCommandBasicOption => {
  return { type: ApplicationCommandOptionType.Boolean, name, description };
};

const wordsOption = (description: string): APIApplicationCommandBasicOption => {
  return { type: ApplicationCommandOptionType.String, name: 'words', description, required: true };
};

const definition = {
  type: ApplicationCommandType.ChatInput,
  name: 'settings',
  description: words.description,
  contexts: [InteractionContextType.Guild],
  integration_types: [ApplicationIntegrationType.GuildInstall],
  default_member_permissions: String(PermissionFlagsBits.ManageGuild),
  options: [
    {
      type: ApplicationCommandOptionType.Subcommand,
      name: 'moderation',
      description: words.moderation,
      options: [
        policyOption('flagged', words.flagged),
        policyOption('unchecked', words.unchecked),
        policyOption('flagged-restricted', words.flaggedRestricted),
        policyOption('unchecked-restricted', words.uncheckedRestricted),
        {
          type: ApplicationCommandOptionType.Channel,
          name: 'review-channel',
          description: words.reviewChannel,
          channel_types: [ChannelType.GuildText],
        },
        { type: ApplicationCommandOptionType.Role, name: 'moderator-role', description: words.moderatorRole },
        yesOrNo('self-approval', words.selfApproval),
        hoursOption('reminder-hours', words.reminderHours),
        hoursOption('expiry-hours', words.expiryHours),
        yesOrNo('delete-expired-files', words.deleteExpiredFiles),
        {
          type: ApplicationCommandOptionType.String,
          name: 'clear',
          description: words.clear,
          choices: [
            { name: words.clearReviewChannel, value: 'review-channel' },
            { name: words.clearModeratorRole, value: 'moderator-role' },
          ],
        },
      ],
    },
    {
      type: ApplicationCommandOptionType.SubcommandGroup,
      name: 'blocklist',
      description: words.blocklist,
      options: [
        {
          type: ApplicationCommandOptionType.Subcommand,
          name: 'add',
          description: words.add,
          options: [wordsOption(words.addWords)],
        },
        {
          type: ApplicationCommandOptionType.Subcommand,
          name: 'remove',
          description: words.remove,
          options: [wordsOption(words.removeWords)],
        },
        { type: ApplicationCommandOptionType.Subcommand, name: 'show', description: words.show },
      ],
    },
  ],
} satisfies RESTPostAPIChatInputApplicationCommandsJSONBody;

/** What the bot needs where it puts cards and reads them again. */
const neededThere: [permission: bigint, name: string][] = [
  [PermissionFlagsBits.ViewChannel, texts.permissions.view],
  [PermissionFlagsBits.SendMessages, texts.permissions.send],
  [PermissionFlagsBits.AttachFiles, texts.permissions.attach],
  [PermissionFlagsBits.ReadMessageHistory, texts.permissions.history],
];

/** @throws {UserError} when the bot cannot work in the channel */
async function checkReviewChannel(interaction: ChatInputCommandInteraction, channelId: string): Promise<void> {
  const { guild } = interaction;
  const channel = guild?.channels.cache.get(channelId);
  if (!guild || !channel) throw new UserError(replies.notReady);
  if (channel.type !== ChannelType.GuildText) throw new UserError(replies.textChannel);
  const permissions = channel.permissionsFor(guild.members.me ?? (await guild.members.fetchMe()));
  const missing = neededThere.filter(([permission]) => !permissions.has(permission)).map(([, name]) => name);
  if (missing.length > 0) throw new UserError(replies.channelPermissions(channelId, missing));
}

/** What is worth knowing about settings that do not do what they seem to say. */
function notes(interaction: ChatInputCommandInteraction, settings: Settings): string[] {
  const { guild } = interaction;
  const { moderation, reviewChannelId } = settings;
  const channel = reviewChannelId === undefined ? undefined : guild?.channels.cache.get(reviewChannelId);
  const everyone = guild && channel?.permissionsFor(guild.roles.everyone);
  const holds = Object.values(moderation).includes('hold');
  return [
    everyone?.has(PermissionFlagsBits.ViewChannel) ? [replies.publicChannel] : [],
    reviewChannelId === undefined && holds ? [replies.noReviewChannel] : [],
    moderation.flagged === 'post' || moderation.flagged === 'spoiler' ? [replies.discordRule] : [],
  ].flat();
}

function describe(interaction: ChatInputCommandInteraction, settings: Settings, title: string): string {
  const lines = listSettings(settings).map(([name, value]) => `- ${replies.line(name, value)}`);
  const remarks = notes(interaction, settings).map((note) => `-# ${note}`);
  return [title, ...lines, `- ${replies.blocklistLength(settings.blocklist.length)}`, ...remarks].join('\n');
}

/** The settings with what the options say. @throws {UserError} */
function withOptions({ options, guildId }: ChatInputCommandInteraction, settings: Settings): Settings {
  const policy = (name: string, present: Action): Action =>
    actions.find((action) => action === options.getString(name)) ?? present;
  const { moderation } = settings;
  const cleared = options.getString('clear');
  const roleId = options.getRole('moderator-role')?.id;
  // Discord's everyone role has the server's id.
  if (roleId === guildId) throw new UserError(replies.everyoneRole);
  const changed: Settings = {
    ...settings,
    moderation: {
      flagged: policy('flagged', moderation.flagged),
      unchecked: policy('unchecked', moderation.unchecked),
      flaggedRestricted: policy('flagged-restricted', moderation.flaggedRestricted),
      uncheckedRestricted: policy('unchecked-restricted', moderation.uncheckedRestricted),
    },
    reviewChannelId:
      options.getChannel('review-channel')?.id ?? (cleared === 'review-channel' ? undefined : settings.reviewChannelId),
    moderatorRoleId: roleId ?? (cleared === 'moderator-role' ? undefined : settings.moderatorRoleId),
    selfApproval: options.getBoolean('self-approval') ?? settings.selfApproval,
    reminderHours: options.getInteger('reminder-hours') ?? settings.reminderHours,
    expiryHours: options.getInteger('expiry-hours') ?? settings.expiryHours,
    deleteExpiredFiles: options.getBoolean('delete-expired-files') ?? settings.deleteExpiredFiles,
  };
  if (changed.reminderHours >= changed.expiryHours) throw new UserError(replies.reminderAfterExpiry);
  return changed;
}

export function createSettingsCommand({ guild }: Bot): Command {
  type Place = { guildId: string; userId: string };

  async function moderation(interaction: ChatInputCommandInteraction, { guildId, userId }: Place): Promise<void> {
    const channelId = interaction.options.getChannel('review-channel')?.id;
    if (channelId !== undefined) await checkReviewChannel(interaction, channelId);
    let before = await guild.settings.get(guildId);
    let after = before;
    const given = interaction.options.data[0]?.options ?? [];
    if (given.length > 0) {
      after = await guild.settings.update(guildId, (settings) => {
        before = settings;
        return withOptions(interaction, settings);
      });
    }
    const changes = findChanges(before, after);
    for (const { setting, from = 'none', to = 'none' } of changes) {
      await guild.audit.append(guildId, { action: 'setting-changed', actorId: userId, details: { setting, from, to } });
    }
    const title = given.length === 0 ? replies.title : changes.length === 0 ? replies.unchanged : replies.saved;
    await interaction.editReply({ content: describe(interaction, after, title), allowedMentions: { parse: [] } });
  }

  async function changeList(interaction: ChatInputCommandInteraction, { guildId, userId }: Place): Promise<void> {
    const adds = interaction.options.getSubcommand() === 'add';
    const given = interaction.options.getString('words', true).split(/[,，、\n]/);
    const entries = given.filter((text) => text.trim() !== '').map((text) => (adds ? checkEntry(text) : text.trim()));
    if (entries.length === 0) throw new UserError(moderationTexts.blocklist.empty);
    let before: readonly string[] = [];
    const { blocklist } = await guild.settings.update(guildId, (settings) => {
      before = settings.blocklist;
      return { ...settings, blocklist: (adds ? addEntries : removeEntries)(before, entries) };
    });
    const changed = Math.abs(blocklist.length - before.length);
    const { added, removed, notFound } = moderationTexts.blocklistChanged;
    if (!adds && changed === 0) throw new UserError(notFound);
    if (changed > 0) {
      const [longer, shorter] = adds ? [blocklist, before] : [before, blocklist];
      const difference = longer.filter((entry) => !shorter.includes(entry)).join(', ');
      const details = { setting: 'blocklist', [adds ? 'added' : 'removed']: difference };
      await guild.audit.append(guildId, { action: 'setting-changed', actorId: userId, details });
    }
    await interaction.editReply({ content: (adds ? added : removed)(changed, blocklist.length, mostEntries) });
  }

  async function showList(interaction: ChatInputCommandInteraction, { guildId }: Place): Promise<void> {
    const { blocklist } = await guild.settings.get(guildId);
    const { noEntries, entries } = moderationTexts.blocklistChanged;
    if (blocklist.length === 0) {
      await interaction.editReply({ content: noEntries });
      return;
    }
    const title = entries(blocklist.length, mostEntries);
    const whole = `${title}\n${blocklist.map(escapeText).join(', ')}`;
    const file = { attachment: Buffer.from(`${blocklist.join('\n')}\n`), name: 'prompt-list.txt' };
    await interaction.editReply({
      ...(whole.length <= messageLimit ? { content: whole } : { content: title, files: [file] }),
      allowedMentions: { parse: [] },
    });
  }

  return {
    kind: 'slash',
    data: definition,
    handler: {
      acknowledge: 'private',
      async execute(interaction) {
        const presser = readPresser(interaction);
        if (!mayConfigure(presser)) throw new UserError(moderationTexts.mayNotConfigure);
        const { options } = interaction;
        if (options.getSubcommandGroup(false) !== 'blocklist') return moderation(interaction, presser);
        return options.getSubcommand() === 'show' ? showList(interaction, presser) : changeList(interaction, presser);
      },
    },
  };
}
