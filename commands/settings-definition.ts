// What Discord is told of /settings, and how its options are read: the options derive from the table of settings, one per
// row, and each page of the table is a subcommand.
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
import type { Language } from '../src/settings/language.ts';
import {
  hoursRange,
  limitRange,
  optionName,
  policies,
  type SettingKind,
  type SettingName,
  type SettingPage,
  secondsRange,
  settingKind,
  settingsOn,
} from '../src/settings/table.ts';
import type { Texts } from '../src/texts/texts.ts';
import { described, named } from './command.ts';

/** Settings that can be reset to none. */
const clearableKinds: readonly SettingKind[] = ['channel', 'role', 'limit', 'seconds'];
const clearableOn = (page: SettingPage) =>
  settingsOn(page).filter((name) => clearableKinds.includes(settingKind(name)));

function settingOption(name: SettingName, language: Language): APIApplicationCommandBasicOption {
  const base = { name: optionName(name), ...described(language, (t) => t.settings.hints[name]) };
  const integer = ([min_value, max_value]: readonly [number, number]): APIApplicationCommandBasicOption => {
    return { type: ApplicationCommandOptionType.Integer, ...base, min_value, max_value };
  };
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
      return integer(hoursRange);
    case 'limit':
      return integer(limitRange);
    case 'seconds':
      return integer(secondsRange);
  }
}

/** A subcommand that shows and changes one page of settings. */
function pageOptions(page: SettingPage, language: Language): APIApplicationCommandBasicOption[] {
  return [
    ...settingsOn(page).map((name) => settingOption(name, language)),
    {
      type: ApplicationCommandOptionType.String,
      name: 'clear',
      ...described(language, (t) => t.settings.command.clear),
      choices: clearableOn(page).map((name) => ({
        ...named(language, (t) => t.settings.labels[name]),
        value: optionName(name),
      })),
    },
  ];
}

/** What Discord is told of /settings. */
export function settingsDefinition(language: Language) {
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
      { type: ApplicationCommandOptionType.Subcommand, name: 'panel', ...say((words) => words.panel) },
      {
        type: ApplicationCommandOptionType.Subcommand,
        name: 'moderation',
        ...say((words) => words.moderation),
        options: pageOptions('moderation', language),
      },
      {
        type: ApplicationCommandOptionType.Subcommand,
        name: 'limits',
        ...say((words) => words.limits),
        options: [
          ...pageOptions('limits', language),
          { type: ApplicationCommandOptionType.Role, name: 'role', ...say((words) => words.role) },
        ],
      },
      { type: ApplicationCommandOptionType.Subcommand, name: 'export', ...say((words) => words.export) },
      {
        type: ApplicationCommandOptionType.Subcommand,
        name: 'import',
        ...say((words) => words.import),
        options: [
          {
            type: ApplicationCommandOptionType.Attachment,
            name: 'file',
            ...say((words) => words.file),
            required: true,
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

/** The value given for a setting; undefined without one. */
export function readOption({ options }: ChatInputCommandInteraction, name: SettingName) {
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
    case 'limit':
    case 'seconds':
      return options.getInteger(option) ?? undefined;
  }
}
