// /settings export and import: all of a server's settings as a file, to keep or to take to another server.
import type { ChatInputCommandInteraction } from 'discord.js';
import { messageLimit } from '../src/discord/limits.ts';
import { DownloadError, UserError } from '../src/errors.ts';
import { readSettingsFile, writeSettings } from '../src/settings/file.ts';
import type { Person } from '../src/settings/rights.ts';
import { shorten } from '../src/texts/format.ts';
import type { Texts, Words } from '../src/texts/texts.ts';
import type { Bot } from './command.ts';
import { createChangeSettings } from './settings-change.ts';

/** Many times the largest file of ours. */
const mostBytes = 256 * 1024;
const waitMs = 10_000;

export function createSettingsFile(bot: Bot) {
  const { settings, moderation, download } = bot;
  const change = createChangeSettings(bot);

  /** The words of a file as entries of the prompt list; what is wrong with them is added to the problems. */
  function readWords(words: readonly string[], problems: Words[]): readonly string[] {
    const entries = words.flatMap((word) => {
      try {
        return [moderation.blocklist.check(word)];
      } catch (error) {
        if (!(error instanceof UserError)) throw error;
        problems.push(error.words);
        return [];
      }
    });
    const { most } = moderation.blocklist;
    if (entries.length > most) problems.push((t) => t.moderation.blocklist.full(entries.length, most));
    return entries;
  }

  async function load(url: string): Promise<string> {
    try {
      return (await download(url, mostBytes, waitMs)).toString('utf8');
    } catch (error) {
      if (!(error instanceof DownloadError)) throw error;
      throw new UserError((words) => words.settings.file.unreached, { cause: error });
    }
  }

  return {
    async send(interaction: ChatInputCommandInteraction, { guildId }: Person, t: Texts): Promise<void> {
      const file = { attachment: Buffer.from(writeSettings(await settings.get(guildId))), name: 'settings.json' };
      await interaction.editReply({ content: t.settings.file.sent, files: [file] });
    },

    async take(interaction: ChatInputCommandInteraction, person: Person, t: Texts): Promise<void> {
      const { url, size } = interaction.options.getAttachment('file', true);
      if (size > mostBytes) throw new UserError((words) => words.settings.file.tooLarge);
      const read = readSettingsFile(await load(url));
      const problems = [...read.problems];
      const blocklist = readWords(read.words, problems);
      const roles = interaction.guild?.roles.cache;
      const { moderatorRole, ping, roleLimits } = read.settings;
      for (const role of [moderatorRole, ping, ...roleLimits.map((limits) => limits.role)]) {
        if (role !== undefined && roles && !roles.has(role)) problems.push((words) => words.settings.file.noRole(role));
      }
      if (problems.length > 0) {
        const lines = problems.map((words) => `- ${words(t)}`);
        throw new UserError((words) => shorten([words.settings.file.refused, ...lines].join('\n'), messageLimit));
      }
      const { changes } = await change(person, (present) => {
        const { listUnread: _unread, ...rest } = present;
        return { ...rest, ...read.settings, blocklist };
      });
      await interaction.editReply({ content: t.settings.file.taken(changes.length, blocklist.length) });
    },
  };
}
