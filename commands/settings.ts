// /settings: shows and changes a server's settings, page by page. Every change goes into the audit log.
import { type ChatInputCommandInteraction, PermissionFlagsBits } from 'discord.js';
import { messageLimit } from '../src/discord/limits.ts';
import { DiscordTrouble, UserError } from '../src/errors.ts';
import { mayConfigure, type Person } from '../src/settings/rights.ts';
import { type MemberLimits, memberLimits, withRole } from '../src/settings/role-limits.ts';
import { readSettings, type Settings } from '../src/settings/settings.ts';
import { optionName, type SettingPage, settingNames, settingsOn, settingText } from '../src/settings/table.ts';
import { escapeText } from '../src/texts/format.ts';
import type { Texts } from '../src/texts/texts.ts';
import type { Bot, Command } from './command.ts';
import { readPerson, readStanding } from './person.ts';
import { createChangeSettings } from './settings-change.ts';
import { readOption, settingsDefinition } from './settings-definition.ts';
import { createSettingsFile } from './settings-file.ts';

type Room = Awaited<ReturnType<Bot['moderation']['reviewChannel']['look']>>;

/** A server's moderator role that Discord does not show the moderators' commands, for want of Manage Messages. */
function hiddenFrom({ guild }: ChatInputCommandInteraction, { moderatorRole }: Settings): string | undefined {
  const role = moderatorRole === undefined ? undefined : guild?.roles.cache.get(moderatorRole);
  return role?.permissions.has(PermissionFlagsBits.ManageMessages) ? undefined : moderatorRole;
}

type Rules = Awaited<ReturnType<Bot['moderation']['autoMod']['look']>>;
/** `rules`: of the server's AutoMod; undefined while Discord does not say. */
type Shown = {
  settings: Settings;
  room: Room | undefined;
  hiddenFrom: string | undefined;
  rules: Rules | 'closed' | undefined;
};

/** What of the server's AutoMod is not checked in prompts. */
function ruleNotes(rules: Shown['rules'], t: Texts): string[] {
  if (rules === undefined) return [];
  if (rules === 'closed') return [t.settings.rulesClosed];
  const { presets, unreadable } = rules;
  return [
    ...(presets.length > 0 ? [t.settings.rulesPreset(presets)] : []),
    ...(unreadable.length > 0 ? [t.settings.rulesUnreadable(unreadable.length)] : []),
  ];
}

/** Notes on settings whose effect differs from what they seem to say. */
function notes({ settings, room, hiddenFrom, rules }: Shown, t: Texts): string[] {
  const { reviewChannel, flagged } = settings;
  const holds = settingNames.some((name) => settings[name] === 'hold');
  return [
    room?.trouble && room.trouble !== 'unset' ? [t.settings.unusable[room.trouble]] : [],
    settings.listUnread ? [t.settings.listUnread] : [],
    reviewChannel === undefined && holds ? [t.settings.noReviewChannel] : [],
    flagged === 'post' || flagged === 'spoiler' ? [t.settings.discordRule] : [],
    hiddenFrom === undefined ? [] : [t.settings.letIn(hiddenFrom)],
    ruleNotes(rules, t),
  ].flat();
}

const linesOf = (page: SettingPage, settings: Settings, t: Texts) =>
  settingsOn(page).map((name) => t.settings.line(t.settings.labels[name], settingText(t, name, settings[name])));

function describe(shown: Shown, title: string, t: Texts): string {
  const { settings, room, rules } = shown;
  const words = t.settings;
  const warnings =
    room && !room.trouble && !room.ageRestricted ? [words.notRestricted(room.channelId), words.notRestrictedWhy] : [];
  const all = [...linesOf('moderation', settings, t), words.blocklistLength(settings.blocklist.length)];
  if (typeof rules === 'object') all.push(words.rulesChecked(rules.checked));
  return [...warnings, title, ...all.map((line) => `- ${line}`), ...notes(shown, t).map((note) => `-# ${note}`)].join(
    '\n',
  );
}

/** The limits as a list: everybody's, then what each role's members have instead. */
function describeLimits(settings: Settings, title: string, t: Texts): string {
  const words = t.settings;
  const roles = settings.roleLimits.map((limits) => {
    const given = memberLimits.filter((name) => limits[name] !== undefined);
    const values = given.map((name) => words.line(words.labels[name], settingText(t, name, limits[name])));
    const idle = given.every((name) => settings[name] === undefined);
    return `${words.roleLimits(limits.role, values)}${idle ? ` ${words.idleRole}` : ''}`;
  });
  const all = [...linesOf('limits', settings, t), ...roles].map((line) => `- ${line}`);
  return [title, ...all, ...(roles.length > 1 ? [`-# ${words.highestCounts}`] : [])].join('\n');
}

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
  const file = createSettingsFile(bot);

  /** The review channel as it is now; undefined while Discord does not say. */
  async function look(guildId: string): Promise<Room | undefined> {
    try {
      return await reviewChannel.look(guildId);
    } catch (error) {
      if (!(error instanceof DiscordTrouble)) throw error;
      return undefined;
    }
  }

  /** What is checked of the server's AutoMod; undefined while Discord does not say. */
  async function lookAtRules(interaction: ChatInputCommandInteraction, guildId: string): Promise<Shown['rules']> {
    if (!readStanding(interaction).rulesReadable) return 'closed';
    try {
      return await moderation.autoMod.look(guildId);
    } catch (error) {
      if (!(error instanceof DiscordTrouble)) throw error;
      return error.kind === 'forbidden' ? 'closed' : undefined;
    }
  }

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
    const shown = {
      settings: after,
      room: await look(guildId),
      hiddenFrom: hiddenFrom(interaction, after),
      rules: await lookAtRules(interaction, guildId),
    };
    await interaction.editReply({
      content: describe(shown, heading, t),
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
    data: settingsDefinition(language),
    handler: {
      acknowledge: 'private',
      async execute(interaction, t) {
        const person = readPerson(interaction);
        if (!mayConfigure(person)) throw new UserError((words) => words.settings.mayNotConfigure);
        const { options } = interaction;
        const subcommand = options.getSubcommand();
        if (options.getSubcommandGroup(false) !== 'blocklist') {
          if (subcommand === 'export') return file.send(interaction, person, t);
          if (subcommand === 'import') return file.take(interaction, person, t);
          return subcommand === 'limits' ? changeLimits(interaction, person, t) : change(interaction, person, t);
        }
        return subcommand === 'show' ? showList(interaction, person, t) : changeList(interaction, person, t);
      },
    },
  };
}
