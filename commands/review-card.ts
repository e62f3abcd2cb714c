// What moderators press on a card in the review channel, and how members get something there: contest and report.
import {
  ApplicationCommandType,
  ApplicationIntegrationType,
  type ButtonInteraction,
  ComponentType,
  InteractionContextType,
  type ModalSubmitInteraction,
  TextInputStyle,
} from 'discord.js';
import type { Verdict } from '../src/edit/review.ts';
import { UserError } from '../src/errors.ts';
import { texts } from '../src/texts.ts';
import type { Bot, Command, Handler } from './command.ts';
import { readPresser } from './presser.ts';

const words = texts.review;
const rejectModal = 'review-reject-why';
const hourMs = 3_600_000;

/** The message whose button was pressed, or led to the modal. */
function cardOf({ message }: ButtonInteraction | ModalSubmitInteraction) {
  return message ? { channelId: message.channelId, messageId: message.id } : undefined;
}

/** The edit that a posted result belongs to, by its Again button. */
function editOf(components: unknown): string | undefined {
  return /"again:(\d{1,20})"/.exec(JSON.stringify(components))?.[1];
}

export function createReviewCard(bot: Bot): Command {
  const { decisions } = bot;

  /** A decision in one press; the card itself is rewritten by the edit's next step. */
  const decide = (kind: Verdict['kind']): Handler<ButtonInteraction> => ({
    acknowledge: 'private',
    async execute(interaction, [editId = '']) {
      await decisions.decide(editId, readPresser(interaction), kind, { card: cardOf(interaction) });
      await interaction.editReply(words.done(words.verdicts[kind]));
    },
  });

  return {
    kind: 'message-menu',
    data: {
      type: ApplicationCommandType.Message,
      name: words.reportName,
      contexts: [InteractionContextType.Guild],
      integration_types: [ApplicationIntegrationType.GuildInstall],
    },
    handler: {
      acknowledge: 'private',
      async execute(interaction) {
        const { targetMessage, guildId } = interaction;
        const ours = targetMessage.author.id === interaction.client.user.id;
        const editId = ours ? editOf(targetMessage.components.map((row) => row.toJSON())) : undefined;
        if (!editId || !guildId) throw new UserError(words.reportNotOurs);
        const result = await decisions.report(editId, interaction.user.id, guildId);
        await interaction.editReply(result === 'joined' ? words.reportJoined : words.reportThanks);
      },
    },

    buttons: {
      'review-approve': decide('approved'),
      'review-spoiler': decide('approved-spoiler'),
      'review-take-down': decide('taken-down'),
      'review-keep': decide('kept'),

      'review-reject': {
        acknowledge: 'itself',
        async execute(interaction, [editId = '']) {
          await decisions.check(editId, readPresser(interaction));
          await interaction.showModal({
            custom_id: `${rejectModal}:${editId}`,
            title: words.rejectTitle,
            components: [
              {
                type: ComponentType.Label,
                label: words.rejectReason,
                component: {
                  type: ComponentType.RadioGroup,
                  custom_id: 'reason',
                  required: false,
                  options: Object.entries(words.rejectReasons).map(([value, label]) => ({ value, label })),
                },
              },
              {
                type: ComponentType.Label,
                label: words.rejectNote,
                component: {
                  type: ComponentType.TextInput,
                  custom_id: 'note',
                  style: TextInputStyle.Paragraph,
                  max_length: 500,
                  required: false,
                },
              },
            ],
          });
        },
      },

      'review-undo': {
        acknowledge: 'private',
        async execute(interaction, [editId = '']) {
          await decisions.undo(editId, readPresser(interaction));
          await interaction.editReply(words.undone);
        },
      },

      contest: {
        acknowledge: 'private',
        async execute(interaction, [editId = '']) {
          await decisions.contest(editId, interaction.user.id);
          await interaction.editReply(words.contestAsked);
        },
      },
    },

    modals: {
      [rejectModal]: {
        acknowledge: 'private',
        async execute(interaction, [editId = '']) {
          const chosen = interaction.fields.getRadioGroup('reason');
          const reasons: Record<string, string> = words.rejectReasons;
          const reason = chosen ? (reasons[chosen] ?? '') : '';
          const note = interaction.fields.getTextInputValue('note').trim();
          const why = [reason, note].filter((part) => part !== '').join(': ');
          const press = { card: cardOf(interaction), reason: why };
          await decisions.decide(editId, readPresser(interaction), 'rejected', press);
          await interaction.editReply(words.done(words.verdicts.rejected));
        },
      },
    },

    selects: {
      'review-time-out': {
        acknowledge: 'private',
        async execute(interaction, [editId = '']) {
          const actor = readPresser(interaction);
          const edit = await decisions.check(editId, actor);
          const hours = Number(interaction.values[0]);
          if (!Object.hasOwn(words.timeOutChoices, hours)) throw new UserError(words.notOpen);
          const { userId } = edit.origin;
          const { until } = await bot.guild.members.timeOut(actor.guildId, userId, actor.userId, hours * hourMs, {
            editId,
          });
          const content = words.timedOut(userId, Math.floor(until / 1000));
          await interaction.editReply({ content, allowedMentions: { parse: [] } });
        },
      },
    },
  };
}
