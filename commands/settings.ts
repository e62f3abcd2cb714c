// /settings: shows and changes a server's moderation settings. Every change goes into the audit log. The options of
// `/settings moderation` derive from the table of settings, one per row.
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
import { messageLimit } from '../src/discord/limits.ts';
import { DiscordTrouble, UserError } from '../src/errors.ts';
import type { Language } from '../src/settings/language.ts';
import { mayConfigure, type Person } from '../src/settings/rights.ts';
import { readSettings, type Settings } from '../src/settings/settings.ts';
import {
  findChanges,
  hoursRange,
  optionName,
  policies,
  type SettingName,
  settingKind,
  settingNames,
  settingText,
} from '../src/settings/table.ts';
import { escapeText } from '../src/texts/format.ts';
import type { Texts } from '../src/texts/texts.ts';
import { type Bot, type Command, described, named } from './command.ts';
import { readPerson } from './person.ts';

/** Settings that can be reset to none. */
const clearable = settingNames.filter((name) => ['channel', 'role'].includes(settingKind(name)));

function settingOption(name: SettingName, language: Language): APIApplicationCommandBasicOption {
  const base = { name: optionName(name), ...described(language, (t) => t.settings.hints[name]) };
  const [min_value, max_value] = hoursRange;
  switch (settingKind(name)) {
    case 'policy': {
      const choices = policies.map((value) => ({ ...named(language, (t) => t.settings.policies[value]), value }));
      return { type: ApplicationCommandOptionType.String, ...base, choices };
    }
    case 'channel':
      return { type: ApplicationCommandOptionType.Channel, ...base, channel_types: [ChannelType.GuildText] };
    case 'role':
      return { type: ApplicationCommandOptionType.Role, ...base };
    case 'yes-no':
    case 'deletion':
      return { type: ApplicationCommandOptionType.Boolean, ...base };
    case 'hours':
      return { type: ApplicationCommandOptionType.Integer, ...base, min_value, max_value };
  }
}

function definition(language: Language) {
  const say = (words: (command: Texts['settings']['command']) => string) =>
    described(language, (t) => words(t.settings.command));
  const wordsOption = (description: ReturnType<typeof say>): APIApplicationCommandBasicOption => {
    return { type: ApplicationCommandOptionType.String, name: 'words', ...description, required: true };
  };
  return {
    type: ApplicationCommandType.ChatInput,
    name: 'settings',
    ...say((words) => words.description),
    contexts: [InteractionContextType.Guild],
    integration_types: [ApplicationIntegrationType.GuildInstall],
    default_member_permissions: String(PermissionFlagsBits.ManageGuild),
    options: [
      {
        type: ApplicationCommandOptionType.Subcommand,
        name: 'moderation',
        ...say((words) => words.moderation),
        options: [
          ...settingNames.map((name) => settingOption(name, language)),
          {
            type: ApplicationCommandOptionType.String,
            name: 'clear',
            ...say((words) => words.clear),
            choices: clearable.map((name) => ({
              ...named(language, (t) => t.settings.labels[name]),
              value: optionName(name),
            })),
          },
        ],
      },
      {
        type: ApplicationCommandOptionType.SubcommandGroup,
        name: 'blocklist',
        ...say((words) => words.blocklist),
        options: [
          {
            type: ApplicationCommandOptionType.Subcommand,
            name: 'add',
            ...say((words) => words.add),
            options: [wordsOption(say((words) => words.addWords))],
          },
          {
            type: ApplicationCommandOptionType.Subcommand,
            name: 'remove',
            ...say((words) => words.remove),
            options: [wordsOption(say((words) => words.removeWords))],
          },
          { type: ApplicationCommandOptionType.Subcommand, name: 'show', ...say((words) => words.show) },
        ],
      },
    ],
  } satisfies RESTPostAPIChatInputApplicationCommandsJSONBody;
}

type Room = Awaited<ReturnType<Bot['moderation']['reviewChannel']['look']>>;

/** A server's moderator role that Discord does not show the moderators' commands, for want of Manage Messages. */
function hiddenFrom({ guild }: ChatInputCommandInteraction, { moderatorRole }: Settings): string | undefined {
  const role = moderatorRole === undefined ? undefined : guild?.roles.cache.get(moderatorRole);
  return role?.permissions.has(PermissionFlagsBits.ManageMessages) ? undefined : moderatorRole;
}

type Shown = { settings: Settings; room: Room | undefined; hiddenFrom: string | undefined };

/** Notes on settings whose effect differs from what they seem to say. */
function notes({ settings, room, hiddenFrom }: Shown, t: Texts): string[] {
  const { reviewChannel, flagged } = settings;
  const holds = settingNames.some((name) => settings[name] === 'hold');
  return [
    room?.trouble && room.trouble !== 'unset' ? [t.settings.unusable[room.trouble]] : [],
    settings.listUnread ? [t.settings.listUnread] : [],
    reviewChannel === undefined && holds ? [t.settings.noReviewChannel] : [],
    flagged === 'post' || flagged === 'spoiler' ? [t.settings.discordRule] : [],
    hiddenFrom === undefined ? [] : [t.settings.letIn(hiddenFrom)],
  ].flat();
}

function describe(shown: Shown, title: string, t: Texts): string {
  const { settings, room } = shown;
  const words = t.settings;
  const warnings =
    room && !room.trouble && !room.ageRestricted ? [words.notRestricted(room.channelId), words.notRestrictedWhy] : [];
  const lines = settingNames.map((name) => words.line(words.labels[name], settingText(t, name, settings[name])));
  const all = [...lines, words.blocklistLength(settings.blocklist.length)].map((line) => `- ${line}`);
  return [...warnings, title, ...all, ...notes(shown, t).map((note) => `-# ${note}`)].join('\n');
}

/** The value given for a setting; undefined without one. */
function readOption({ options }: ChatInputCommandInteraction, name: SettingName) {
  const option = optionName(name);
  switch (settingKind(name)) {
    case 'policy':
      return options.getString(option) ?? undefined;
    case 'channel':
      return options.getChannel(option)?.id;
    case 'role':
      return options.getRole(option)?.id;
    case 'yes-no':
    case 'deletion':
      return options.getBoolean(option) ?? undefined;
    case 'hours':
      return options.getInteger(option) ?? undefined;
  }
}

/** The settings changed as the options say. @throws {UserError} */
function withOptions(interaction: ChatInputCommandInteraction, settings: Settings): Settings {
  const cleared = interaction.options.getString('clear');
  const values = settingNames.map((name) => {
    const given = readOption(interaction, name) ?? (optionName(name) === cleared ? undefined : settings[name]);
    return [name, given] as const;
  });
  const changed = readSettings({ ...settings, ...Object.fromEntries(values) });
  // Discord's everyone role has the server's id.
  if (readOption(interaction, 'moderatorRole') === interaction.guildId)
    throw new UserError((t) => t.settings.everyoneRole);
  if (changed.reminderHours >= changed.expiryHours) {
    const { reminderHours, expiryHours } = changed;
    throw new UserError((t) => t.settings.reminderAfterExpiry(reminderHours, expiryHours));
  }
  return changed;
}

export function createSettingsCommand({ settings, audit, moderation, language }: Bot): Command {
  const { reviewChannel } = moderation;

  /** The review channel as it is now; undefined while Discord does not say. */
  async function look(guildId: string): Promise<Room | undefined> {
    try {
      return await reviewChannel.look(guildId);
    } catch (error) {
      if (!(error instanceof DiscordTrouble)) throw error;
      return undefined;
    }
  }

  async function change(interaction: ChatInputCommandInteraction, { guildId, userId }: Person, t: Texts) {
    const channelId = interaction.options.getChannel('review-channel')?.id;
    if (channelId !== undefined) await reviewChannel.check(guildId, channelId);
    let before = await settings.get(guildId);
    let after = before;
    const given = interaction.options.data[0]?.options ?? [];
    if (given.length > 0) {
      after = await settings.update(guildId, (present) => {
        before = present;
        return withOptions(interaction, present);
      });
    }
    const changes = findChanges(before, after);
    for (const { setting, from = 'none', to = 'none' } of changes) {
      const details = { setting: optionName(setting), from, to };
      await audit.log.append(guildId, { action: 'setting-changed', actorId: userId, details });
    }
    // A person may set the channel that it already is, to have it tried again.
    if (changes.some(({ setting }) => setting === 'reviewChannel') || channelId !== undefined) {
      void moderation.wake(guildId);
    }
    const { title, unchanged, saved } = t.settings;
    const heading = given.length === 0 ? title : changes.length === 0 ? unchanged : saved;
    const shown = { settings: after, room: await look(guildId), hiddenFrom: hiddenFrom(interaction, after) };
    await interaction.editReply({
      content: describe(shown, heading, t),
      allowedMentions: { parse: [] },
    });
  }

  async function changeList(interaction: ChatInputCommandInteraction, { guildId, userId }: Person, t: Texts) {
    const way = interaction.options.getSubcommand() === 'add' ? 'add' : 'remove';
    const words = interaction.options.getString('words', true);
    const { changed, all, most } = await moderation.blocklist.change(guildId, userId, way, words);
    const { added, removed } = t.moderation.blocklist;
    await interaction.editReply({ content: (way === 'add' ? added : removed)(changed, all, most) });
  }

  async function showList(interaction: ChatInputCommandInteraction, { guildId }: Person, t: Texts): Promise<void> {
    const { blocklist } = await settings.get(guildId);
    const { noEntries, entries } = t.moderation.blocklist;
    if (blocklist.length === 0) {
      await interaction.editReply({ content: noEntries });
      return;
    }
    const title = entries(blocklist.length, moderation.blocklist.most);
    const whole = `${title}\n${blocklist.map(escapeText).join(', ')}`;
    const file = { attachment: Buffer.from(`${blocklist.join('\n')}\n`), name: 'prompt-list.txt' };
    await interaction.editReply({
      ...(whole.length <= messageLimit ? { content: whole } : { content: title, files: [file] }),
      allowedMentions: { parse: [] },
    });
  }

  return {
    kind: 'slash',
    data: definition(language),
    handler: {
      acknowledge: 'private',
      async execute(interaction, t) {
        const person = readPerson(interaction);
        if (!mayConfigure(person)) throw new UserError((words) => words.settings.mayNotConfigure);
        const { options } = interaction;
        if (options.getSubcommandGroup(false) !== 'blocklist') return change(interaction, person, t);
        return options.getSubcommand() === 'show'
          ? showList(interaction, person, t)
          : changeList(interaction, person, t);
      },
    },
  };
}
