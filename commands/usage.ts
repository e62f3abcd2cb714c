// /usage: how many edits a member has left here, and when there are more. Only the member sees it.
import {
  ApplicationCommandType,
  ApplicationIntegrationType,
  type RESTPostAPIChatInputApplicationCommandsJSONBody,
} from 'discord.js';
import type { Language } from '../src/settings/language.ts';
import { type Bot, type Command, described, editContexts } from './command.ts';
import { readPerson } from './person.ts';

function definition(bot: Pick<Bot, 'directMessages'>, language: Language) {
  return {
    type: ApplicationCommandType.ChatInput,
    name: 'usage',
    ...described(language, (t) => t.limits.command),
    contexts: editContexts(bot),
    integration_types: [ApplicationIntegrationType.GuildInstall],
  } satisfies RESTPostAPIChatInputApplicationCommandsJSONBody;
}

export function createUsageCommand(bot: Bot): Command {
  const { limits, settings, language } = bot;
  return {
    kind: 'slash',
    data: definition(bot, language),
    handler: {
      acknowledge: 'private',
      async execute(interaction, t) {
        const { guildId, user } = interaction;
        const server =
          guildId === null ? undefined : { ...readPerson(interaction), settings: await settings.get(guildId) };
        const uses = await limits.uses(user.id, server);
        const words = t.limits.usage;
        const lines = uses.map(({ limit, used, most, until }) => {
          const line = words[limit](used, most);
          return `- ${until === undefined ? line : `${line} ${words.until(until)}`}`;
        });
        await interaction.editReply({ content: lines.length === 0 ? words.none : [words.title, ...lines].join('\n') });
      },
    },
  };
}
