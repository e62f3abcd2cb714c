// The buttons of a card in the review channel, and how members send a result there: contest and report.
import {
  ApplicationCommandType,
  ApplicationIntegrationType,
  type ButtonInteraction,
  InteractionContextType,
  type ModalSubmitInteraction,
} from 'discord.js';
import { reportReasons } from '../src/audit/audit.ts';
import { buttonId, buttons, findResultEdit } from '../src/buttons.ts';
import type { Edit } from '../src/edit/record.ts';
import type { Verdict } from '../src/edit/review-record.ts';
import { UserError } from '../src/errors.ts';
import type { Texts } from '../src/texts/texts.ts';
import { type Bot, type Command, type Handler, named } from './command.ts';
import { readPerson } from './person.ts';
import { readReason, reasonModal } from './reason-modal.ts';

const hourMs = 3_600_000;

/** The message whose button was pressed or opened the modal. */
function cardOf({ message }: ButtonInteraction | ModalSubmitInteraction) {
  return message ? { channelId: message.channelId, messageId: message.id } : undefined;
}

export function createReviewCard(bot: Bot): Command {
  const { decisions, members } = bot.moderation;

  /** The answer to whoever took a picture down: nothing is called gone that still stands. */
  async function withRemoval(edit: Edit | undefined, done: string, t: Texts): Promise<string> {
    return (await bot.result.removal.settle(edit)) === 'stands' ? t.moderation.stillStands(done) : done;
  }

  /** A decision with one press; the edit's next step rewrites the card. */
  const decide = (kind: Verdict['kind']): Handler<ButtonInteraction> => ({
    acknowledge: 'private',
    async execute(interaction, t, [editId = '']) {
      await decisions.decide(editId, readPerson(interaction), kind, { card: cardOf(interaction) });
      await interaction.editReply(t.moderation.done(t.moderation.verdicts[kind]));
    },
  });

  /** Asks for the reason of a decision that takes a picture away. */
  const askWhy = (modal: typeof buttons.rejectReason | typeof buttons.takeDownReason): Handler<ButtonInteraction> => ({
    acknowledge: 'itself',
    async execute(interaction, t, [editId = '']) {
      const person = readPerson(interaction);
      await decisions.check(editId, person);
      const other = await bot.queue.claimForModal(editId, person.userId);
      if (other) throw new UserError(({ moderation }) => moderation.claimed(other.by, other.until));
      const { rejectTitle, takeDownTitle } = t.moderation.card;
      const title = modal === buttons.rejectReason ? rejectTitle : takeDownTitle;
      await interaction.showModal(reasonModal(buttonId(modal, editId), title, t));
    },
  });

  const decideWithReason = (kind: 'rejected' | 'taken-down'): Handler<ModalSubmitInteraction> => ({
    acknowledge: 'private',
    async execute(interaction, t, [editId = '']) {
      const pressed = { card: cardOf(interaction), reason: readReason(interaction) };
      const edit = await decisions.decide(editId, readPerson(interaction), kind, pressed);
      const done = t.moderation.done(t.moderation.verdicts[kind]);
      await interaction.editReply(kind === 'taken-down' ? await withRemoval(edit, done, t) : done);
    },
  });

  return {
    kind: 'message-menu',
    data: {
      type: ApplicationCommandType.Message,
      ...named(bot.language, (t) => t.moderation.report.menu),
      contexts: [InteractionContextType.Guild],
      integration_types: [ApplicationIntegrationType.GuildInstall],
    },
    handler: {
      acknowledge: 'itself',
      async execute(interaction, t) {
        const { targetMessage, guildId } = interaction;
        const ours = targetMessage.author.id === interaction.client.user.id;
        const editId = ours ? findResultEdit(targetMessage.components.map((row) => row.toJSON())) : undefined;
        if (!editId || !guildId) throw new UserError((words) => words.moderation.report.notOurs);
        await decisions.checkReport(editId, guildId);
        const { menu, note } = t.moderation.report;
        const ask = { reasons: reportReasons, note, required: true };
        await interaction.showModal(reasonModal(buttonId(buttons.reportReason, editId), menu, t, ask));
      },
    },

    buttons: {
      [buttons.approve]: decide('approved'),
      [buttons.approveSpoiler]: decide('approved-spoiler'),
      [buttons.keep]: decide('kept'),

      [buttons.reject]: askWhy(buttons.rejectReason),
      [buttons.takeDown]: askWhy(buttons.takeDownReason),

      [buttons.undo]: {
        acknowledge: 'private',
        async execute(interaction, t, [editId = '']) {
          const edit = await decisions.undo(editId, readPerson(interaction), cardOf(interaction));
          const { undone, undoneTakeDown } = t.moderation;
          const done = edit?.state === 'delivering' ? undoneTakeDown : undone;
          await interaction.editReply(await withRemoval(edit, done, t));
        },
      },

      [buttons.postAgain]: {
        acknowledge: 'private',
        async execute(interaction, t, [editId = '']) {
          await decisions.postAgain(editId, readPerson(interaction));
          await interaction.editReply(t.moderation.postingAgain);
        },
      },

      [buttons.withdraw]: {
        acknowledge: 'private',
        async execute(interaction, t, [editId = '']) {
          await decisions.withdraw(editId, interaction.user.id);
          await interaction.editReply(t.moderation.withdraw.done);
        },
      },

      [buttons.contest]: {
        acknowledge: 'private',
        async execute(interaction, t, [editId = '']) {
          const result = await decisions.contest(editId, interaction.user.id);
          await interaction.editReply(t.moderation.contest[result]);
        },
      },
    },

    modals: {
      [buttons.reportReason]: {
        acknowledge: 'private',
        async execute(interaction, t, [editId = '']) {
          const { user, guildId } = interaction;
          if (!guildId) throw new UserError((words) => words.moderation.report.notOurs);
          const result = await decisions.report(editId, user.id, guildId, readReason(interaction));
          await interaction.editReply(t.moderation.report.taken[result]);
        },
      },
      [buttons.rejectReason]: decideWithReason('rejected'),
      [buttons.takeDownReason]: decideWithReason('taken-down'),
    },

    selects: {
      [buttons.timeOut]: {
        acknowledge: 'private',
        async execute(interaction, t, [editId = '']) {
          const person = readPerson(interaction);
          const edit = await decisions.check(editId, person);
          const words = t.moderation.card;
          const hours = Number(interaction.values[0]);
          if (!Object.hasOwn(words.timeOutChoices, hours)) throw new UserError(({ moderation }) => moderation.notOpen);
          const { userId } = edit.origin;
          const { until } = await members.timeOut(person.guildId, userId, person.userId, hours * hourMs, { editId });
          await interaction.editReply({ content: words.timedOut(userId, until), allowedMentions: { parse: [] } });
        },
      },
    },
  };
}
