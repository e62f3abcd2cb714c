// What /settings shows: values in words, and what is wrong with them as the server stands now.
import { type BaseInteraction, PermissionFlagsBits } from 'discord.js';
import { DiscordTrouble } from '../src/errors.ts';
import { memberLimits } from '../src/settings/role-limits.ts';
import type { Settings } from '../src/settings/settings.ts';
import { type SettingPage, settingNames, settingsOn, settingText } from '../src/settings/table.ts';
import type { Texts } from '../src/texts/texts.ts';
import type { Bot } from './command.ts';
import { readStanding } from './person.ts';

type Room = Awaited<ReturnType<Bot['moderation']['reviewChannel']['look']>>;

/** A server's moderator role that Discord does not show the moderators' commands, for want of Manage Messages. */
function hiddenFrom({ guild }: BaseInteraction, { moderatorRole }: Settings): string | undefined {
  const role = moderatorRole === undefined ? undefined : guild?.roles.cache.get(moderatorRole);
  return role?.permissions.has(PermissionFlagsBits.ManageMessages) ? undefined : moderatorRole;
}

type Rules = Awaited<ReturnType<Bot['moderation']['autoMod']['look']>>;
/** `rules`: of the server's AutoMod; undefined while Discord does not say. */
export type Shown = {
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
export function notes({ settings, room, hiddenFrom, rules }: Shown, t: Texts): string[] {
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

export const linesOf = (page: SettingPage, settings: Settings, t: Texts) =>
  settingsOn(page).map((name) => t.settings.line(t.settings.labels[name], settingText(t, name, settings[name])));

export function describe(shown: Shown, title: string, t: Texts): string {
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

/** The limits as a list: everybody's, then the roles'. */
export function describeLimits(settings: Settings, title: string, t: Texts): string {
  const all = [...linesOf('limits', settings, t), ...roleLines(settings, t)].map((line) => `- ${line}`);
  return [title, ...all, ...(settings.roleLimits.length > 1 ? [`-# ${t.settings.highestCounts}`] : [])].join('\n');
}

/** What the members of each role have instead. */
export function roleLines(settings: Settings, t: Texts): string[] {
  const words = t.settings;
  return settings.roleLimits.map((limits) => {
    const given = memberLimits.filter((name) => limits[name] !== undefined);
    const values = given.map((name) => words.line(words.labels[name], settingText(t, name, limits[name])));
    const idle = given.every((name) => settings[name] === undefined);
    return `${words.roleLimits(limits.role, values)}${idle ? ` ${words.idleRole}` : ''}`;
  });
}

/** Looks at what the settings lead to. */
export function createLook({ moderation }: Pick<Bot, 'moderation'>) {
  const { reviewChannel } = moderation;

  /** The review channel as it is now; undefined while Discord does not say. */
  async function lookAtRoom(guildId: string): Promise<Room | undefined> {
    try {
      return await reviewChannel.look(guildId);
    } catch (error) {
      if (!(error instanceof DiscordTrouble)) throw error;
      return undefined;
    }
  }

  /** What is checked of the server's AutoMod; undefined while Discord does not say. */
  async function lookAtRules(interaction: BaseInteraction, guildId: string): Promise<Shown['rules']> {
    if (!readStanding(interaction).rulesReadable) return 'closed';
    try {
      return await moderation.autoMod.look(guildId);
    } catch (error) {
      if (!(error instanceof DiscordTrouble)) throw error;
      return error.kind === 'forbidden' ? 'closed' : undefined;
    }
  }

  return async (interaction: BaseInteraction, guildId: string, settings: Settings): Promise<Shown> => {
    const [room, rules] = await Promise.all([lookAtRoom(guildId), lookAtRules(interaction, guildId)]);
    return { settings, room, hiddenFrom: hiddenFrom(interaction, settings), rules };
  };
}
