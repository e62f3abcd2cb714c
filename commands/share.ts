// "Share" under a private result: its requester shows it to everybody, in a reply to the press.
import { MessageFlags } from 'discord.js';
import { buttons } from '../src/buttons.ts';
import { isPrivate, isSharable } from '../src/edit/private.ts';
import { UserError } from '../src/errors.ts';
import type { Bot, Command } from './command.ts';
import { readStanding } from './person.ts';
import { checkContext, readPlace, replyOf } from './start-edit.ts';

export function createShare(bot: Bot): Command {
  return {
    kind: 'components',
    buttons: {
      [buttons.share]: {
        acknowledge: 'itself',
        async execute(interaction, t, [editId = '']) {
          const { user, guildId } = interaction;
          checkContext(interaction, bot);
          const edit = await bot.edits.load(editId);
          if (!edit) throw new UserError((words) => words.general.unknownEdit);
          if (edit.origin.userId !== user.id) throw new UserError((words) => words.result.share.notYours);
          if (!isPrivate(edit)) throw new UserError((words) => words.result.share.shared);
          // Its requester may see it before that is on record.
          if (edit.state === 'delivering') throw new UserError((words) => words.moderation.beingPosted);
          if (!isSharable(edit)) throw new UserError((words) => words.result.notShownNow);
          bot.run.checkPlace(readPlace(interaction));
          // What was said against it meanwhile holds for everybody's eyes as well.
          await bot.moderation.mayEdit(
            guildId ?? undefined,
            user.id,
            edit.input.prompt,
            guildId === null ? undefined : readStanding(interaction),
          );
          await interaction.deferReply();
          const shared = await bot.result.share(editId, replyOf(interaction, bot.clock));
          if (shared) return;
          // Pressed twice: the other press has its reply.
          await interaction.deleteReply();
          await interaction.followUp({ content: t.result.share.shared, flags: MessageFlags.Ephemeral });
        },
      },
    },
  };
}
