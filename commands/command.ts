// What a command is: its registration data, and handlers for the command and its buttons, selects and modals. A handler
// declares its acknowledgement, so that the 3-second rule lives in the dispatcher.
import {
  type ButtonInteraction,
  type ChannelSelectMenuInteraction,
  type ChatInputCommandInteraction,
  InteractionContextType,
  type MessageContextMenuCommandInteraction,
  type ModalSubmitInteraction,
  type RESTPostAPIChatInputApplicationCommandsJSONBody,
  type RESTPostAPIContextMenuApplicationCommandsJSONBody,
  type RoleSelectMenuInteraction,
  type StringSelectMenuInteraction,
} from 'discord.js';
import type { Audit } from '../src/audit/audit.ts';
import type { Counts } from '../src/audit/counts.ts';
import type { Clock } from '../src/clock.ts';
import type { Records } from '../src/edit/records.ts';
import type { Lifecycle } from '../src/lifecycle/lifecycle.ts';
import type { LimitsFeature } from '../src/limits/limits.ts';
import type { ModerationFeature } from '../src/moderation/moderation.ts';
import type { drawChart } from '../src/picture/chart.ts';
import type { QueueFeature } from '../src/queue/queue.ts';
import type { ResultFeature } from '../src/result/result.ts';
import type { RunFeature } from '../src/run/run.ts';
import type { Language } from '../src/settings/language.ts';
import type { SettingsStore } from '../src/settings/settings.ts';
import type { SourceFeature } from '../src/source/source.ts';
import type { Texts, Words } from '../src/texts/texts.ts';

/** The parts that handlers use. */
export type Bot = {
  accept: Lifecycle['accept'];
  edits: Pick<Records, 'load'>;
  run: Pick<
    RunFeature,
    | 'check'
    | 'checkPlace'
    | 'advise'
    | 'refusePicture'
    | 'repeat'
    | 'change'
    | 'sizes'
    | 'readRecipe'
    | 'drafts'
    | 'model'
  >;
  result: Pick<ResultFeature, 'removal' | 'covers' | 'share' | 'details' | 'files'>;
  moderation: Pick<
    ModerationFeature,
    'mayEdit' | 'decisions' | 'view' | 'members' | 'remarks' | 'blocklist' | 'reviewChannel' | 'wake' | 'autoMod'
  >;
  queue: QueueFeature;
  limits: Pick<LimitsFeature, 'allowance' | 'uses'>;
  source: Pick<SourceFeature, 'addresses'>;
  settings: SettingsStore;
  /** Whether edits are offered in direct messages. */
  directMessages: boolean;
  /** A file that somebody uploaded. @throws {DownloadError} also when it is larger, or takes longer */
  download(url: string, mostBytes: number, withinMs: number): Promise<Buffer>;
  audit: { log: Audit; counts: Counts; drawChart: typeof drawChart };
  language: Language;
  clock: Clock;
};

export type Handler<Interaction> = {
  /**
   * `private`: the dispatcher sends an ephemeral deferred reply; the handler edits it.
   * `update`: the dispatcher defers an update of the button's message; the handler edits that message.
   * `itself`: the handler answers within three seconds.
   */
  acknowledge: 'private' | 'update' | 'itself';
  /**
   * @param t texts in the user's language
   * @param args the parts of the custom id after its name
   */
  execute(interaction: Interaction, t: Texts, args: readonly string[]): Promise<unknown>;
};

/** By the part of the custom id before the first colon (src/buttons.ts). */
export type Components = {
  buttons?: Record<string, Handler<ButtonInteraction>>;
  modals?: Record<string, Handler<ModalSubmitInteraction>>;
  selects?: Record<string, Handler<StringSelectMenuInteraction>>;
  roleSelects?: Record<string, Handler<RoleSelectMenuInteraction>>;
  channelSelects?: Record<string, Handler<ChannelSelectMenuInteraction>>;
};

export type Command = Components &
  (
    | {
        kind: 'slash';
        data: RESTPostAPIChatInputApplicationCommandsJSONBody;
        handler: Handler<ChatInputCommandInteraction>;
      }
    | {
        kind: 'message-menu';
        data: RESTPostAPIContextMenuApplicationCommandsJSONBody;
        handler: Handler<MessageContextMenuCommandInteraction>;
      }
    /** No command of its own: only buttons and modals, on messages of the bot. */
    | { kind: 'components' }
  );

/** Where editing is offered: in servers, and in direct messages only if the operator says so. */
export function editContexts({ directMessages }: Pick<Bot, 'directMessages'>): InteractionContextType[] {
  return [InteractionContextType.Guild, ...(directMessages ? [InteractionContextType.BotDM] : [])];
}

/** The name of a menu or a choice, in every language. */
export function named(language: Language, words: Words) {
  const { text, localizations } = language.localize(words);
  return { name: text, ...(localizations ? { name_localizations: localizations } : {}) };
}

/** The description of a command or an option, in every language. */
export function described(language: Language, words: Words) {
  const { text, localizations } = language.localize(words);
  return { description: text, ...(localizations ? { description_localizations: localizations } : {}) };
}
