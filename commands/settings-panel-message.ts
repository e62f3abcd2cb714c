// The panel of /settings as a message: one page of values beside their defaults, and what changes them. Everything that a
// press needs stands in its custom id, so a panel works after any restart.
import {
  type ActionRowData,
  type BaseInteraction,
  ButtonStyle,
  ChannelType,
  ComponentType,
  type InteractionButtonComponentData,
  type MessageActionRowComponentData,
} from 'discord.js';
import { buttonId, buttons } from '../src/buttons.ts';
import { readPermissions } from '../src/discord/permissions.ts';
import { readSettings, type Settings } from '../src/settings/settings.ts';
import { optionName, policies, type SettingName, settingKind, settingsOn, settingText } from '../src/settings/table.ts';
import { shorten } from '../src/texts/format.ts';
import type { Texts } from '../src/texts/texts.ts';
import { notes, roleLines, type Shown } from './settings-view.ts';

export const pages = ['check', 'moderation', 'limits', 'words'] as const;
export type Page = (typeof pages)[number];

type Row = ActionRowData<MessageActionRowComponentData>;
export type Panel = {
  page: Page;
  shown: Shown;
  /** The setting that is being changed. */
  picked?: SettingName | undefined;
  /** The channel that is looked at. */
  channelId?: string | undefined;
};

const defaults = readSettings(undefined);
const row = (...components: MessageActionRowComponentData[]): Row => ({ type: ComponentType.ActionRow, components });

/** A value in plain text, for where Discord shows no mentions. */
function plainText({ guild }: BaseInteraction, t: Texts, name: SettingName, settings: Settings): string {
  const value = settings[name];
  const known =
    settingKind(name) === 'channel'
      ? guild?.channels.cache.get(String(value))
      : settingKind(name) === 'role'
        ? guild?.roles.cache.get(String(value))
        : undefined;
  if (!known) return settingText(t, name, value);
  return `${settingKind(name) === 'channel' ? '#' : '@'}${known.name}`;
}

function tabs(current: Page, t: Texts): Row {
  return row(
    ...pages.map(
      (page): InteractionButtonComponentData => ({
        type: ComponentType.Button,
        style: page === current ? ButtonStyle.Primary : ButtonStyle.Secondary,
        label: t.settings.panel.pages[page],
        customId: buttonId(buttons.settingsPage, page),
      }),
    ),
  );
}

function pickRow(interaction: BaseInteraction, { page, shown, picked }: Panel, t: Texts): Row[] {
  if (page !== 'moderation' && page !== 'limits') return [];
  const { settings } = shown;
  const options = settingsOn(page).map((name) => ({
    label: shorten(t.settings.labels[name], 100),
    description: shorten(
      t.settings.panel.option(plainText(interaction, t, name, settings), settingText(t, name, defaults[name])),
      100,
    ),
    value: optionName(name),
    default: name === picked,
  }));
  const customId = buttonId(buttons.settingsPick, page);
  return [row({ type: ComponentType.StringSelect, customId, placeholder: t.settings.panel.pick, options })];
}

/** What changes the picked setting; a number is asked for in a modal instead. */
function changeRows({ picked, shown }: Panel, t: Texts): Row[] {
  if (!picked) return [];
  const value = shown.settings[picked];
  const customId = buttonId(buttons.settingsSet, optionName(picked));
  const placeholder = shorten(t.settings.panel.choose(t.settings.labels[picked]), 150);
  const toDefault: Row = row({
    type: ComponentType.Button,
    style: ButtonStyle.Secondary,
    label: t.settings.panel.toDefault,
    customId: buttonId(buttons.settingsDefault, optionName(picked)),
    disabled: value === defaults[picked],
  });
  const oneOf = (choices: readonly { label: string; value: string }[]): Row => {
    const options = choices.map((choice) => ({ ...choice, default: choice.value === String(value) }));
    return row({ type: ComponentType.StringSelect, customId, placeholder, options });
  };
  switch (settingKind(picked)) {
    case 'policy':
      return [oneOf(policies.map((one) => ({ label: t.settings.policies[one], value: one }))), toDefault];
    case 'yes-no':
    case 'deletion':
      return [
        oneOf([true, false].map((one) => ({ label: settingText(t, picked, one), value: String(one) }))),
        toDefault,
      ];
    case 'channel':
      return [
        row({ type: ComponentType.ChannelSelect, customId, placeholder, channelTypes: [ChannelType.GuildText] }),
        toDefault,
      ];
    case 'role':
      return [row({ type: ComponentType.RoleSelect, customId, placeholder }), toDefault];
    case 'hours':
    case 'limit':
    case 'seconds':
      return [];
  }
}

function wordRows(t: Texts): Row[] {
  const button = (label: string, way: 'add' | 'remove'): InteractionButtonComponentData => ({
    type: ComponentType.Button,
    style: ButtonStyle.Secondary,
    label,
    customId: buttonId(buttons.settingsWords, way),
  });
  return [row(button(t.settings.panel.add, 'add'), button(t.settings.panel.remove, 'remove'))];
}

/** What the bot may do in a channel, and lacks there. */
function channelLine({ guild }: BaseInteraction, channelId: string, t: Texts): string[] {
  const channel = guild?.channels.cache.get(channelId);
  const me = guild?.members.me;
  if (!channel || !me) return [t.settings.panel.unknown];
  const may = readPermissions(channel.permissionsFor(me).bitfield);
  const missing = (['view', 'send', 'attach', 'history'] as const).filter((name) => !may[name]);
  if (missing.length === 0) return [t.settings.panel.works(channelId)];
  return [
    t.settings.panel.lacks(
      channelId,
      missing.map((name) => t.general.permissions[name]),
    ),
  ];
}

/** How the server stands: the review channel, AutoMod, what members may do, and the channel that was picked. */
function checkLines(interaction: BaseInteraction, { shown, channelId }: Panel, t: Texts): string[] {
  const { settings, room, rules } = shown;
  const words = t.settings.panel;
  const limited = settingsOn('limits').filter((name) => settings[name] !== undefined);
  const isClosed = limited.some((name) => settings[name] === 0 && settingKind(name) === 'limit');
  const limits = limited.map((name) => t.settings.line(t.settings.labels[name], settingText(t, name, settings[name])));
  const roomLine = room?.trouble === undefined && room ? [words.room(room.channelId)] : [];
  return [
    ...(room === undefined || rules === undefined ? [words.unknown] : []),
    ...(room?.trouble === 'unset' ? [words.noRoom] : roomLine),
    ...(typeof rules === 'object' ? [words.rules(rules.checked)] : []),
    isClosed ? words.closed : limits.length === 0 ? words.open : words.limited(limits),
    ...(channelId === undefined ? [] : channelLine(interaction, channelId, t)),
  ];
}

function linesOn(interaction: BaseInteraction, panel: Panel, t: Texts): string[] {
  const { page, shown } = panel;
  const { settings } = shown;
  if (page === 'check') return checkLines(interaction, panel, t);
  if (page === 'words') return [t.settings.blocklistLength(settings.blocklist.length)];
  const values = settingsOn(page).map((name) =>
    t.settings.panel.line(
      t.settings.labels[name],
      settingText(t, name, settings[name]),
      settingText(t, name, defaults[name]),
    ),
  );
  return page === 'limits' ? [...values, ...roleLines(settings, t)] : values;
}

/** The whole message. */
export function panelMessage(interaction: BaseInteraction, panel: Panel, t: Texts) {
  const { page, shown } = panel;
  const wrong = page === 'check' || page === 'moderation' ? notes(shown, t).map((note) => `-# ${note}`) : [];
  const lines = linesOn(interaction, panel, t).map((line) => `- ${line}`);
  const look = row({
    type: ComponentType.ChannelSelect,
    customId: buttonId(buttons.settingsLook),
    placeholder: t.settings.panel.look,
    channelTypes: [ChannelType.GuildText],
  });
  return {
    content: shorten([t.settings.panel.title(t.settings.panel.pages[page]), ...lines, ...wrong].join('\n'), 2_000),
    components: [
      tabs(page, t),
      ...pickRow(interaction, panel, t),
      ...changeRows(panel, t),
      ...(page === 'words' ? wordRows(t) : []),
      ...(page === 'check' ? [look] : []),
    ],
    allowedMentions: { parse: [] },
  };
}
