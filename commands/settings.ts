// /settings: shows and changes a server's settings, page by page. Every change goes into the audit log.
import type { ChatInputCommandInteraction } from 'discord.js';
import { messageLimit } from '../src/discord/limits.ts';
import { UserError } from '../src/errors.ts';
import { mayConfigure, type Person } from '../src/settings/rights.ts';
import { type MemberLimits, memberLimits, withRole } from '../src/settings/role-limits.ts';
import { readSettings, type Settings } from '../src/settings/settings.ts';
import { optionName, type SettingPage, settingsOn } from '../src/settings/table.ts';
import { escapeText } from '../src/texts/format.ts';
import type { Texts } from '../src/texts/texts.ts';
import type { Bot, Command } from './command.ts';
import { readPerson } from './person.ts';
import { createChangeSettings } from './settings-change.ts';
import { readOption, settingsDefinition } from './settings-definition.ts';
import { createSettingsFile } from './settings-file.ts';
import { createSettingsPanel } from './settings-panel.ts';
import { createLook, describe, describeLimits } from './settings-view.ts';

/** The limits of a role changed as the options say. @throws {UserError} */
function withRoleOptions(interaction: ChatInputCommandInteraction, settings: Settings, role: string): Settings {
  if (readOption(interaction, 'serverPerDay') !== undefined) throw new UserError((t) => t.settings.serverHasNoRole);
  const cleared = interaction.options.getString('clear');
  const changes: MemberLimits = Object.fromEntries(
    memberLimits.flatMap((name) => {
      const given = readOption(interaction, name);
      return given !== undefined || optionName(name) === cleared ? [[name, given]] : [];
    }),
  );
  return { ...settings, roleLimits: withRole(settings.roleLimits, role, changes) };
}

/** The settings changed as the options say. */
function withOptions(interaction: ChatInputCommandInteraction, settings: Settings, page: SettingPage): Settings {
  const cleared = interaction.options.getString('clear');
  const values = settingsOn(page).map((name) => {
    const given = readOption(interaction, name) ?? (optionName(name) === cleared ? undefined : settings[name]);
    return [name, given] as const;
  });
  return { ...readSettings({ ...settings, ...Object.fromEntries(values) }), blocklist: settings.blocklist };
}

export function createSettingsCommand(bot: Bot): Command {
  const { settings, moderation, language } = bot;
  const { reviewChannel } = moderation;
  const changeSettings = createChangeSettings(bot);
  const look = createLook(bot);
  const file = createSettingsFile(bot);
  const panel = createSettingsPanel(bot);

  async function change(interaction: ChatInputCommandInteraction, person: Person, t: Texts) {
    const { guildId } = person;
    const channelId = interaction.options.getChannel('review-channel')?.id;
    // A person may set the channel that it already is, to have it tried again.
    if (channelId !== undefined) await reviewChannel.check(guildId, channelId);
    const isAsked = (interaction.options.data[0]?.options ?? []).length > 0;
    const { settings: after, changes } = isAsked
      ? await changeSettings(person, (present) => withOptions(interaction, present, 'moderation'))
      : { settings: await settings.get(guildId), changes: [] };
    const isOther = changes.some(({ setting }) => setting === 'reviewChannel');
    if (channelId !== undefined && !isOther) void moderation.wake(guildId);
    const { title, unchanged, saved } = t.settings;
    const heading = !isAsked ? title : changes.length === 0 ? unchanged : saved;
    await interaction.editReply({
      content: describe(await look(interaction, guildId, after), heading, t),
      allowedMentions: { parse: [] },
    });
  }

  async function changeLimits(interaction: ChatInputCommandInteraction, person: Person, t: Texts) {
    const role = interaction.options.getRole('role')?.id;
    const isAsked = (interaction.options.data[0]?.options ?? []).some(({ name }) => name !== 'role');
    const { settings: after, changes } = isAsked
      ? await changeSettings(person, (present) =>
          role === undefined
            ? withOptions(interaction, present, 'limits')
            : withRoleOptions(interaction, present, role),
        )
      : { settings: await settings.get(person.guildId), changes: [] };
    const { title, unchanged, saved } = t.settings.limits;
    const heading = !isAsked ? title : changes.length === 0 ? unchanged : saved;
    await interaction.editReply({ content: describeLimits(after, heading, t), allowedMentions: { parse: [] } });
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
    ...panel.components,
    data: settingsDefinition(language),
    handler: {
      acknowledge: 'private',
      async execute(interaction, t) {
        const person = readPerson(interaction);
        if (!mayConfigure(person)) throw new UserError((words) => words.settings.mayNotConfigure);
        const { options } = interaction;
        const subcommand = options.getSubcommand();
        if (options.getSubcommandGroup(false) !== 'blocklist') {
          if (subcommand === 'panel') return panel.open(interaction, person, t);
          if (subcommand === 'export') return file.send(interaction, person, t);
          if (subcommand === 'import') return file.take(interaction, person, t);
          return subcommand === 'limits' ? changeLimits(interaction, person, t) : change(interaction, person, t);
        }
        return subcommand === 'show' ? showList(interaction, person, t) : changeList(interaction, person, t);
      },
    },
  };
}
