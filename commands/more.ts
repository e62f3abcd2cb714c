// "More…" under a result: what only whoever presses it sees. Details, spoiler or show, delete; of which picture, where there are
// several.
import { type APIButtonComponentWithCustomId, ButtonStyle, ComponentType, MessageFlags } from 'discord.js';
import { buttonId, buttons } from '../src/buttons.ts';
import { isCovered } from '../src/edit/covers.ts';
import { isPrivate } from '../src/edit/private.ts';
import type { Edit } from '../src/edit/record.ts';
import { countPictures, isShown } from '../src/edit/shown.ts';
import type { Texts } from '../src/texts/texts.ts';
import type { Bot, Command } from './command.ts';
import { findShown, readBy, readRequester } from './shown-result.ts';

/** What the panel is about: an edit, its message, which picture of it, and whom the message names as its requester. */
type Subject = { editId: string; messageId: string; picture: number; requesterId: string };

const idOf = (name: Parameters<typeof buttonId>[0], { editId, messageId, picture, requesterId }: Subject) =>
  buttonId(name, editId, messageId, String(picture), requesterId);

function readSubject([editId = '', messageId = '', picture = '', requesterId = '']: readonly string[]): Subject {
  return { editId, messageId, picture: Number(picture) || 0, requesterId };
}

const press = (label: string, customId: string, style = ButtonStyle.Secondary): APIButtonComponentWithCustomId => ({
  type: ComponentType.Button,
  style: style === ButtonStyle.Danger ? ButtonStyle.Danger : ButtonStyle.Secondary,
  label,
  custom_id: customId,
});

function pictureSelect(count: number, subject: Subject, t: Texts) {
  return {
    type: ComponentType.StringSelect as const,
    custom_id: idOf(buttons.morePicture, subject),
    placeholder: t.result.which,
    options: Array.from({ length: count }, (_, index) => ({
      label: t.result.picture(index + 1),
      value: String(index),
      default: index === subject.picture,
    })),
  };
}

/** The panel for a result; `said`: what was just done. */
function panel(edit: Edit | undefined, subject: Subject, t: Texts, said?: string) {
  const words = t.result.more;
  const shown = edit && isShown(edit, subject.messageId) ? edit : undefined;
  const remove = press(t.result.delete, idOf(buttons.askDelete, subject), ButtonStyle.Danger);
  // Its message may still have to come down.
  if (!shown) return { content: edit ? t.result.notShownNow : words.forgotten, components: [row(remove)] };
  const details = press(t.result.details.button, idOf(buttons.details, subject));
  // Discord lets nobody change a message that only one person sees; they can dismiss it.
  if (isPrivate(shown)) return { content: words.title, components: [row(details)] };
  const count = countPictures(shown);
  const cover = isCovered(shown, subject.picture)
    ? press(words.show, idOf(buttons.show, subject))
    : press(words.cover, idOf(buttons.cover, subject));
  return {
    content: said ?? (count > 1 ? words.titleOf(subject.picture + 1) : words.title),
    components: [...(count > 1 ? [row(pictureSelect(count, subject, t))] : []), row(details, cover, remove)],
  };
}

const row = <Component>(...components: Component[]) => ({ type: ComponentType.ActionRow as const, components });

export function createMore(bot: Bot): Command {
  /** Covers or shows the picture of a panel. */
  const setCover = (spoiler: boolean) =>
    ({
      acknowledge: 'update',
      async execute(interaction, t, args) {
        const subject = readSubject(args);
        const message = { channelId: interaction.channelId, messageId: subject.messageId };
        const by = await readBy(interaction, subject.requesterId, bot);
        const edit = await bot.result.covers.set(subject.editId, message, [subject.picture], spoiler, by);
        const said = spoiler ? t.result.more.covered : t.result.more.shown;
        await interaction.editReply(panel(edit, subject, t, said));
      },
    }) satisfies NonNullable<Command['buttons']>[string];

  return {
    kind: 'components',
    buttons: {
      [buttons.more]: {
        acknowledge: 'private',
        async execute(interaction, t, [editId = '']) {
          const { message } = interaction;
          const edit = await bot.edits.load(editId);
          const requesterId = readRequester(message, editId) ?? '';
          await interaction.editReply(panel(edit, { editId, messageId: message.id, picture: 0, requesterId }, t));
        },
      },
      [buttons.cover]: setCover(true),
      [buttons.show]: setCover(false),
      [buttons.details]: {
        acknowledge: 'private',
        async execute(interaction, t, args) {
          const { editId, messageId } = readSubject(args);
          const edit = await findShown(editId, messageId, bot);
          const { text, recipe } = await bot.result.details(edit, t);
          await interaction.editReply({
            content: text,
            files: recipe === undefined ? [] : [{ attachment: Buffer.from(recipe), name: 'recipe.txt' }],
            allowedMentions: { parse: [] },
            flags: MessageFlags.SuppressEmbeds,
          });
        },
      },
      [buttons.askDelete]: {
        acknowledge: 'private',
        async execute(interaction, t, args) {
          const { editId, messageId, requesterId } = readSubject(args);
          await bot.result.removal.check(editId, await readBy(interaction, requesterId, bot));
          const confirmed = buttonId(buttons.deleteConfirmed, editId, messageId, requesterId);
          await interaction.editReply({
            content: t.result.confirmDelete,
            components: [row(press(t.result.confirmDeleteButton, confirmed, ButtonStyle.Danger))],
          });
        },
      },
    },
    selects: {
      [buttons.morePicture]: {
        acknowledge: 'update',
        async execute(interaction, t, args) {
          const subject = { ...readSubject(args), picture: Number(interaction.values[0] ?? 0) };
          const edit = await findShown(subject.editId, subject.messageId, bot);
          await interaction.editReply(panel(edit, subject, t));
        },
      },
    },
  };
}
