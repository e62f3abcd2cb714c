// /settings panel: shows a server's settings page by page and changes them with selects, buttons and modals. Whoever
// presses is checked each time.
import {
  type BaseInteraction,
  type ChatInputCommandInteraction,
  ComponentType,
  type MessageComponentInteraction,
  type ModalSubmitInteraction,
  TextInputStyle,
} from 'discord.js';
import { buttonId, buttons } from '../src/buttons.ts';
import { UserError } from '../src/errors.ts';
import { mayConfigure, type Person } from '../src/settings/rights.ts';
import { readSettings, type Settings } from '../src/settings/settings.ts';
import {
  hoursRange,
  limitRange,
  optionName,
  readSettingName,
  type SettingName,
  secondsRange,
  settingKind,
  settingsOn,
} from '../src/settings/table.ts';
import { shorten } from '../src/texts/format.ts';
import type { Texts } from '../src/texts/texts.ts';
import type { Bot, Components } from './command.ts';
import { readPerson } from './person.ts';
import { createChangeSettings } from './settings-change.ts';
import { type Page, pages, panelMessage } from './settings-panel-message.ts';
import { createLook } from './settings-view.ts';

const field = 'value';
const defaults = readSettings(undefined);

/** @throws {UserError} */
function readManager(interaction: BaseInteraction): Person {
  const person = readPerson(interaction);
  if (!mayConfigure(person)) throw new UserError((t) => t.settings.mayNotConfigure);
  return person;
}

/** The setting that a button names. @throws {UserError} when an older panel names one that is no more */
function readName(option: string | undefined): SettingName {
  const name = readSettingName(option ?? '');
  if (!name) throw new UserError((t) => t.general.unknownEdit);
  return name;
}

/** The numbers that a setting may have; undefined when it is none. */
function rangeOf(name: SettingName): readonly [number, number] | undefined {
  switch (settingKind(name)) {
    case 'hours':
      return hoursRange;
    case 'limit':
      return limitRange;
    case 'seconds':
      return secondsRange;
    default:
      return undefined;
  }
}

const pageOf = (name: SettingName): Page => (settingsOn('limits').includes(name) ? 'limits' : 'moderation');

export function createSettingsPanel(bot: Bot): {
  open(interaction: ChatInputCommandInteraction, person: Person, t: Texts): Promise<void>;
  components: Components;
} {
  const { settings, moderation } = bot;
  const change = createChangeSettings(bot);
  const look = createLook(bot);

  type Pressed = ChatInputCommandInteraction | MessageComponentInteraction | ModalSubmitInteraction;
  async function show(
    interaction: Pressed,
    t: Texts,
    { page, ...more }: { page: Page; picked?: SettingName; channelId?: string | undefined },
    now?: Settings,
  ): Promise<void> {
    const { guildId } = readPerson(interaction);
    const shown = await look(interaction, guildId, now ?? (await settings.get(guildId)));
    await interaction.editReply(panelMessage(interaction, { page, shown, ...more }, t));
  }

  async function set(interaction: Pressed, t: Texts, name: SettingName, value: unknown): Promise<void> {
    const person = readManager(interaction);
    const { settings: now } = await change(person, (present) => ({
      ...present,
      ...Object.fromEntries([[name, readSettings({ [name]: value })[name]]]),
    }));
    await show(interaction, t, { page: pageOf(name), ...(rangeOf(name) ? {} : { picked: name }) }, now);
  }

  async function askNumber(interaction: MessageComponentInteraction, t: Texts, name: SettingName): Promise<void> {
    const [least, most] = rangeOf(name) ?? limitRange;
    const value = (await settings.get(readPerson(interaction).guildId))[name];
    await interaction.showModal({
      custom_id: buttonId(buttons.settingsNumber, optionName(name)),
      title: shorten(t.settings.labels[name], 45),
      components: [
        {
          type: ComponentType.Label,
          label: t.settings.panel.value,
          description: t.settings.panel.number(least, most),
          component: {
            type: ComponentType.TextInput,
            custom_id: field,
            style: TextInputStyle.Short,
            required: false,
            max_length: 6,
            ...(value === undefined ? {} : { value: String(value) }),
          },
        },
      ],
    });
  }

  function readNumber({ fields }: ModalSubmitInteraction, name: SettingName): number | undefined {
    const text = fields.getTextInputValue(field).trim();
    if (text === '') return undefined;
    const [least, most] = rangeOf(name) ?? limitRange;
    const number = Number(text);
    if (!/^\d+$/.test(text) || number < least || number > most) {
      throw new UserError((t) => t.settings.panel.notNumber(least, most));
    }
    return number;
  }

  return {
    open: (interaction, _person, t) => show(interaction, t, { page: 'check' }),
    components: {
      buttons: {
        [buttons.settingsPage]: {
          acknowledge: 'update',
          async execute(interaction, t, [wanted]) {
            readManager(interaction);
            await show(interaction, t, { page: pages.find((page) => page === wanted) ?? 'check' });
          },
        },
        [buttons.settingsDefault]: {
          acknowledge: 'update',
          async execute(interaction, t, [option]) {
            const name = readName(option);
            await set(interaction, t, name, defaults[name]);
          },
        },
        [buttons.settingsWords]: {
          acknowledge: 'itself',
          async execute(interaction, t, [way = 'add']) {
            readManager(interaction);
            await interaction.showModal({
              custom_id: buttonId(buttons.settingsWords, way),
              title: way === 'add' ? t.settings.panel.add : t.settings.panel.remove,
              components: [
                {
                  type: ComponentType.Label,
                  label: t.settings.panel.words,
                  component: {
                    type: ComponentType.TextInput,
                    custom_id: field,
                    style: TextInputStyle.Paragraph,
                    required: true,
                  },
                },
              ],
            });
          },
        },
      },
      selects: {
        [buttons.settingsPick]: {
          acknowledge: 'itself',
          async execute(interaction, t) {
            readManager(interaction);
            const name = readName(interaction.values[0]);
            if (rangeOf(name)) return askNumber(interaction, t, name);
            await interaction.deferUpdate();
            return show(interaction, t, { page: pageOf(name), picked: name });
          },
        },
        [buttons.settingsSet]: {
          acknowledge: 'update',
          execute(interaction, t, [option]) {
            const name = readName(option);
            const [value] = interaction.values;
            return set(interaction, t, name, settingKind(name) === 'policy' ? value : value === 'true');
          },
        },
      },
      roleSelects: {
        [buttons.settingsSet]: {
          acknowledge: 'update',
          execute: (interaction, t, [option]) => set(interaction, t, readName(option), interaction.values[0]),
        },
      },
      channelSelects: {
        [buttons.settingsSet]: {
          acknowledge: 'update',
          execute: (interaction, t, [option]) => set(interaction, t, readName(option), interaction.values[0]),
        },
        [buttons.settingsLook]: {
          acknowledge: 'update',
          async execute(interaction, t) {
            readManager(interaction);
            await show(interaction, t, { page: 'check', channelId: interaction.values[0] });
          },
        },
      },
      modals: {
        [buttons.settingsNumber]: {
          acknowledge: 'update',
          execute(interaction, t, [option]) {
            const name = readName(option);
            return set(interaction, t, name, readNumber(interaction, name) ?? defaults[name]);
          },
        },
        [buttons.settingsWords]: {
          acknowledge: 'update',
          async execute(interaction, t, [way]) {
            const { guildId, userId } = readManager(interaction);
            const words = interaction.fields.getTextInputValue(field);
            await moderation.blocklist.change(guildId, userId, way === 'remove' ? 'remove' : 'add', words);
            await show(interaction, t, { page: 'words' });
          },
        },
      },
    },
  };
}
