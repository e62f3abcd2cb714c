// From an interaction to its handler: acknowledges as declared, runs the handler, turns any error into one reply and
// one log line. The only place that picks the language of the answer.
import {
  ButtonStyle,
  ComponentType,
  type Interaction,
  type MessageComponentInteraction,
  MessageFlags,
  type ModalSubmitInteraction,
  type RepliableInteraction,
} from 'discord.js';
import { readButtonId } from '../src/buttons.ts';
import type { Clock } from '../src/clock.ts';
import { type Offer, referenceId, UserError } from '../src/errors.ts';
import type { Log } from '../src/log.ts';
import type { Metrics } from '../src/metrics.ts';
import type { Language } from '../src/settings/language.ts';
import type { Texts } from '../src/texts/texts.ts';
import type { Command, Handler } from './command.ts';
import type { Once } from './once.ts';

type Job = {
  name: string;
  interaction: RepliableInteraction;
  how: Handler<never>['acknowledge'];
  acknowledge: () => Promise<unknown>;
  run: (t: Texts) => Promise<unknown>;
};

/** A handler bound to its interaction, with its declared acknowledgement. */
function job<Kind extends RepliableInteraction>(
  name: string,
  interaction: Kind,
  handler: Handler<Kind> | undefined,
  args: readonly string[] = [],
): Job | undefined {
  if (!handler) return undefined;
  const acknowledge = async () => {
    if (handler.acknowledge === 'private') await interaction.deferReply({ flags: MessageFlags.Ephemeral });
    const isOnMessage =
      interaction.isMessageComponent() || (interaction.isModalSubmit() && interaction.isFromMessage());
    if (handler.acknowledge === 'update' && isOnMessage) await interaction.deferUpdate();
  };
  return {
    name,
    interaction,
    how: handler.acknowledge,
    acknowledge,
    run: (t) => handler.execute(interaction, t, args),
  };
}

/** The handler of one command for a button, a select or a modal of this name. */
function findOwn(
  command: Command,
  interaction: MessageComponentInteraction | ModalSubmitInteraction,
  name: string,
  args: readonly string[],
): Job | undefined {
  if (interaction.isModalSubmit()) return job(name, interaction, own(command.modals, name), args);
  if (interaction.isButton()) return job(name, interaction, own(command.buttons, name), args);
  if (interaction.isStringSelectMenu()) return job(name, interaction, own(command.selects, name), args);
  if (interaction.isRoleSelectMenu()) return job(name, interaction, own(command.roleSelects, name), args);
  if (interaction.isChannelSelectMenu()) return job(name, interaction, own(command.channelSelects, name), args);
  return undefined;
}

export function createDispatch(options: {
  commands: readonly Command[];
  once: Once;
  language: Language;
  log: Log;
  metrics: Metrics;
  clock: Clock;
}): (interaction: Interaction) => void {
  const { commands, once, language, log, metrics, clock } = options;

  function find(interaction: Interaction): Job | undefined {
    if (interaction.isChatInputCommand()) {
      const name = interaction.commandName;
      for (const command of commands) {
        if (command.kind === 'slash' && command.data.name === name) return job(name, interaction, command.handler);
      }
    } else if (interaction.isMessageContextMenuCommand()) {
      const name = interaction.commandName;
      for (const command of commands) {
        if (command.kind === 'message-menu' && command.data.name === name) {
          return job(name, interaction, command.handler);
        }
      }
    } else if (interaction.isMessageComponent() || interaction.isModalSubmit()) {
      const { name, args } = readButtonId(interaction.customId);
      for (const command of commands) {
        const found = findOwn(command, interaction, name, args);
        if (found) return found;
      }
    }
    return undefined;
  }

  async function answerError(
    { interaction, name, how }: Omit<Job, 'acknowledge' | 'run'>,
    thrown: unknown,
  ): Promise<void> {
    const t = language.of(interaction.locale);
    const offer = thrown instanceof UserError ? thrown.offer : undefined;
    let text: string;
    if (thrown instanceof UserError) {
      text = thrown.words(t);
      log.debug({ interaction: interaction.id, name, text: thrown.message }, 'refused');
    } else {
      const reference = referenceId();
      text = t.general.outage(reference);
      log.error({ interaction: interaction.id, name, reference, err: thrown }, 'a command failed');
    }
    try {
      const message = { content: text, components: offer ? [offerRow(offer, t)] : [], allowedMentions: { parse: [] } };
      if (!interaction.deferred && !interaction.replied) {
        await interaction.reply({ ...message, flags: MessageFlags.Ephemeral });
      } else if (how === 'private') {
        await interaction.editReply(message);
      } else if (how === 'update') {
        await interaction.followUp({ ...message, flags: MessageFlags.Ephemeral });
      }
    } catch (err) {
      log.warn({ interaction: interaction.id, name, err }, 'an error could not be shown');
    }
  }

  async function run(found: Job): Promise<void> {
    const arrivedAt = clock.now();
    const observe = () => metrics.acknowledgeSeconds.observe((clock.now() - arrivedAt) / 1000);
    try {
      if (!(await once(found.interaction))) return;
      await found.acknowledge();
      if (found.how !== 'itself') observe();
      await found.run(language.of(found.interaction.locale));
      if (found.how === 'itself') observe();
    } catch (thrown) {
      await answerError(found, thrown);
    }
  }

  return (interaction) => {
    const found = find(interaction);
    if (found) void run(found);
    else if (interaction.isRepliable()) {
      // A button of an older version, or a command being replaced.
      const error = new UserError((t) => t.general.unknownCommand);
      void once(interaction).then((mine) => {
        if (mine) void answerError({ name: 'unknown', interaction, how: 'itself' }, error);
      });
    }
  };
}

/** What can be done instead, as a button. */
function offerRow({ id, label }: Offer, t: Texts) {
  const button = { type: ComponentType.Button, style: ButtonStyle.Secondary, label: label(t), customId: id } as const;
  return { type: ComponentType.ActionRow, components: [button] } as const;
}

/** Only own properties, so that a custom id named `constructor` finds no handler. */
function own<Value>(record: Record<string, Value> | undefined, name: string): Value | undefined {
  return record && Object.hasOwn(record, name) ? record[name] : undefined;
}
