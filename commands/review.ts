// /review: the audit log, statistics and open cards for moderators. Its buttons keep all their state in their custom
// ids, so they work after any restart.
import type { ChatInputCommandInteraction, InteractionEditReplyOptions } from 'discord.js';
import { buttonId, buttons } from '../src/buttons.ts';
import { waitingKinds } from '../src/edit/waiting.ts';
import { escapeText, shorten } from '../src/texts/format.ts';
import type { Texts } from '../src/texts/texts.ts';
import { createAuditReports, type Reply, row } from './audit-reports.ts';
import type { Bot, Command } from './command.ts';
import { noteModal, readNote } from './note-modal.ts';
import { readModerator } from './person.ts';
import { createQueuePanel } from './queue-panel.ts';
import { reviewDefinition } from './review-definition.ts';

/** Notes about a member: enough to know somebody by, and room for them in a message. */
const remarksShown = 3;
const longestShown = 150;

const silent = { allowedMentions: { parse: [] } } satisfies InteractionEditReplyOptions;

export function createReviewCommand(bot: Bot): Command {
  const { moderation, settings, language } = bot;
  const { logPage, exportFile, stats } = createAuditReports(bot);
  const panel = createQueuePanel(bot);

  async function member(guildId: string, memberId: string, t: Texts): Promise<Reply> {
    const words = t.moderation.member;
    const timeOut = await moderation.members.current(guildId, memberId);
    const history = await moderation.members.history(guildId, memberId);
    const remarks = (await moderation.remarks.of(guildId, memberId)).slice(-remarksShown);
    const { flagged, approved, rejected, expired, takenDown, refusedPrompts, timeOuts } = history;
    const lines = [
      words.title(memberId),
      words.held(flagged, approved, rejected, expired),
      words.others(takenDown, refusedPrompts, timeOuts),
      timeOut ? words.timeOut(timeOut.until, timeOut.by, timeOut.at) : words.noTimeOut,
      ...remarks.map(({ by, at, text }) =>
        words.noted(by, at, escapeText(shorten(text.replace(/\s+/g, ' '), longestShown))),
      ),
    ];
    return {
      content: lines.join('\n'),
      components: row([
        ...(timeOut ? [{ id: buttonId(buttons.liftTimeOut, memberId), label: words.lift }] : []),
        { id: buttonId(buttons.memberNote, memberId), label: words.remark },
      ]),
    };
  }

  async function answer(interaction: ChatInputCommandInteraction, guildId: string, t: Texts): Promise<Reply> {
    const { options } = interaction;
    switch (options.getSubcommand()) {
      case 'export':
        return exportFile(interaction, guildId, t);
      case 'stats':
        return stats(guildId, t);
      case 'member':
        return member(guildId, options.getUser('member', true).id, t);
      default: {
        const filters = {
          memberId: options.getUser('member')?.id ?? '',
          actorId: options.getUser('moderator')?.id ?? '',
        };
        return logPage(guildId, filters, {}, t);
      }
    }
  }

  return {
    kind: 'slash',
    data: reviewDefinition(language),
    handler: {
      acknowledge: 'private',
      async execute(interaction, t) {
        const person = await readModerator(interaction, settings);
        if (interaction.options.getSubcommand() === 'queue') {
          const memberId = interaction.options.getUser('member')?.id;
          const kind = waitingKinds.find((one) => one === interaction.options.getString('only')) ?? 'all';
          await panel.open(interaction, person, { kind, memberId }, t);
          return;
        }
        await interaction.editReply({ ...(await answer(interaction, person.guildId, t)), ...silent });
      },
    },
    selects: panel.selects,
    modals: {
      ...panel.modals,
      [buttons.memberNoted]: {
        acknowledge: 'update',
        async execute(interaction, t, [memberId = '']) {
          const { guildId, userId } = await readModerator(interaction, settings);
          await moderation.remarks.add(guildId, memberId, userId, readNote(interaction));
          await interaction.editReply({ ...(await member(guildId, memberId, t)), ...silent });
        },
      },
    },
    buttons: {
      ...panel.buttons,
      [buttons.logPage]: {
        acknowledge: 'update',
        async execute(interaction, t, [way = '', entryId = '', memberId = '', actorId = '']) {
          const { guildId } = await readModerator(interaction, settings);
          const cursor = way === 'before' ? { before: entryId } : way === 'after' ? { after: entryId } : {};
          await interaction.editReply({ ...(await logPage(guildId, { memberId, actorId }, cursor, t)), ...silent });
        },
      },
      [buttons.memberNote]: {
        acknowledge: 'itself',
        async execute(interaction, t, [memberId = '']) {
          await readModerator(interaction, settings);
          await interaction.showModal(noteModal(buttonId(buttons.memberNoted, memberId), false, t));
        },
      },
      [buttons.liftTimeOut]: {
        acknowledge: 'update',
        async execute(interaction, t, [memberId = '']) {
          const { guildId, userId } = await readModerator(interaction, settings);
          const lifted = await moderation.members.lift(guildId, memberId, userId);
          const { content, components = [] } = await member(guildId, memberId, t);
          const { lifted: done, notTimedOut } = t.moderation.member;
          await interaction.editReply({ content: `${content}\n${lifted ? done : notTimedOut}`, components, ...silent });
        },
      },
    },
  };
}
