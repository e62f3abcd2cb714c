// What Discord is told about /review: its subcommands and their options.
import {
  type APIApplicationCommandBasicOption,
  type APIApplicationCommandSubcommandOption,
  ApplicationCommandOptionType,
  ApplicationCommandType,
  ApplicationIntegrationType,
  InteractionContextType,
  PermissionFlagsBits,
  type RESTPostAPIChatInputApplicationCommandsJSONBody,
} from 'discord.js';
import { waitingKinds } from '../src/edit/waiting.ts';
import type { Language } from '../src/settings/language.ts';
import type { Texts } from '../src/texts/texts.ts';
import { described, named } from './command.ts';

type Description = ReturnType<typeof described>;

const subcommand = (name: string, description: Description, options: APIApplicationCommandBasicOption[] = []) =>
  ({
    type: ApplicationCommandOptionType.Subcommand,
    name,
    ...description,
    options,
  }) satisfies APIApplicationCommandSubcommandOption;

const userOption = (name: string, description: Description, required = false) =>
  ({ type: ApplicationCommandOptionType.User, name, ...description, required }) as const;

// Discord knows nothing of the moderator role: the server has to let it in, and `/settings` says where.
export function reviewDefinition(language: Language) {
  const say = (words: (command: Texts['audit']['command']) => string) =>
    described(language, (t) => words(t.audit.command));
  return {
    type: ApplicationCommandType.ChatInput,
    name: 'review',
    ...say((words) => words.description),
    contexts: [InteractionContextType.Guild],
    integration_types: [ApplicationIntegrationType.GuildInstall],
    default_member_permissions: String(PermissionFlagsBits.ManageMessages),
    options: [
      subcommand(
        'log',
        say((words) => words.log),
        [
          userOption(
            'member',
            say((words) => words.logMember),
          ),
          userOption(
            'moderator',
            say((words) => words.logModerator),
          ),
        ],
      ),
      subcommand(
        'export',
        say((words) => words.export),
        [
          {
            type: ApplicationCommandOptionType.String,
            name: 'format',
            ...say((words) => words.format),
            choices: [
              { name: 'CSV', value: 'csv' },
              { name: 'JSON Lines', value: 'jsonl' },
            ],
          },
          { type: ApplicationCommandOptionType.String, name: 'from', ...say((words) => words.from) },
          { type: ApplicationCommandOptionType.String, name: 'to', ...say((words) => words.to) },
        ],
      ),
      subcommand(
        'stats',
        say((words) => words.stats),
      ),
      subcommand(
        'queue',
        say((words) => words.queue),
        [
          {
            type: ApplicationCommandOptionType.String,
            name: 'only',
            ...say((words) => words.queueOnly),
            choices: waitingKinds
              .filter((kind) => kind !== 'all')
              .map((kind) => ({ ...named(language, (t) => t.queue.kinds[kind]), value: kind })),
          },
          userOption(
            'member',
            say((words) => words.queueMember),
          ),
        ],
      ),
      subcommand(
        'member',
        say((words) => words.member),
        [
          userOption(
            'member',
            say((words) => words.memberUser),
            true,
          ),
        ],
      ),
    ],
  } satisfies RESTPostAPIChatInputApplicationCommandsJSONBody;
}
