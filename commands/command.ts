// What a command is: what Discord is told about it, and a handler for each way in, with its buttons and modals beside
// it. A handler says how it is acknowledged, so that the 3-second rule lives in the dispatcher.
import type {
  ButtonInteraction,
  ChatInputCommandInteraction,
  MessageContextMenuCommandInteraction,
  ModalSubmitInteraction,
  RESTPostAPIChatInputApplicationCommandsJSONBody,
  RESTPostAPIContextMenuApplicationCommandsJSONBody,
  StringSelectMenuInteraction,
} from 'discord.js';
import type { Audit } from '../src/audit/audit.ts';
import type { Counts } from '../src/audit/counts.ts';
import type { Stats } from '../src/audit/stats.ts';
import type { Clock } from '../src/clock.ts';
import type { Records } from '../src/edit/records.ts';
import type { Lifecycle } from '../src/lifecycle/lifecycle.ts';
import type { Model } from '../src/models/models.ts';
import type { Decisions } from '../src/moderation/decisions.ts';
import type { Gate } from '../src/moderation/gate.ts';
import type { Members } from '../src/moderation/members.ts';
import type { ReviewQueue } from '../src/moderation/queue.ts';
import type { Removal } from '../src/result/removal.ts';
import type { Drafts } from '../src/run/drafts.ts';
import type { SettingsStore } from '../src/settings/settings.ts';

/** What handlers are given. */
export type Bot = {
  accept: Lifecycle['accept'];
  edits: Pick<Records, 'load'>;
  drafts: Drafts;
  removal: Removal;
  decisions: Decisions;
  model: { path: string; limits: Model };
  syncMode: boolean;
  randomSeed: () => number;
  clock: Clock;
  guild: {
    settings: SettingsStore;
    audit: Audit;
    members: Members;
    review: ReviewQueue;
    counts: Counts;
    mayEdit: Gate;
    drawChart: (weeks: Stats['weeks']) => Promise<Buffer>;
  };
};

export type Handler<Interaction> = {
  /**
   * `private`: the dispatcher defers a reply that only the user sees; the handler edits it.
   * `update`: the dispatcher defers an update of the message that the button is on; the handler edits that.
   * `itself`: the handler answers, within three seconds.
   */
  acknowledge: 'private' | 'update' | 'itself';
  /** @param args the parts of the custom id after its name */
  execute(interaction: Interaction, args: readonly string[]): Promise<unknown>;
};

/** By the part of the custom id before the first colon. */
type Components = {
  buttons?: Record<string, Handler<ButtonInteraction>>;
  modals?: Record<string, Handler<ModalSubmitInteraction>>;
  selects?: Record<string, Handler<StringSelectMenuInteraction>>;
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
    /** Only buttons and modals, on messages of the bot. */
    | { kind: 'components' }
  );
