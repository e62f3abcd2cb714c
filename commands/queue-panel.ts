// Works through the queue in one private message: a case with what its card says, and the next one in its place after each
// press. What is shown is claimed; the cards in the review channel stay, and follow.
import type {
  ButtonInteraction,
  InteractionEditReplyOptions,
  Message,
  ModalSubmitInteraction,
  StringSelectMenuInteraction,
} from 'discord.js';
import { cannedReasons, type Reason } from '../src/audit/audit.ts';
import { buttonId, buttons } from '../src/buttons.ts';
import { within } from '../src/clock.ts';
import type { Verdict } from '../src/edit/review-record.ts';
import { asCase, type Case, type Waiting } from '../src/edit/waiting.ts';
import { UserError } from '../src/errors.ts';
import type { Veil } from '../src/picture/veil.ts';
import { mostCounted } from '../src/queue/queue.ts';
import type { Person } from '../src/settings/rights.ts';
import type { Texts } from '../src/texts/texts.ts';
import type { Bot, Command } from './command.ts';
import { noteModal, readNote } from './note-modal.ts';
import { readModerator } from './person.ts';
import {
  chooseWhich,
  decidedLine,
  endMessage,
  type Panel,
  type Place,
  panelMessage,
  readPlace,
  startOf,
  textRoom,
} from './queue-message.ts';
import { readReason, reasonModal } from './reason-modal.ts';

/** Whatever shows the panel: the command, or a press in it. */
type Answerable = { editReply(message: InteractionEditReplyOptions): Promise<Pick<Message, 'id'>> };

/** A press is answered within a second, with its picture or before it. */
const pictureWithinMs = 400;
/** The same for a picture that has to come down. */
const removalWithinMs = 400;
/** Panels whose picture may come later. */
const mostOpen = 500;

const verdicts = ['approved', 'approved-spoiler', 'kept'] as const;

export type QueuePanel = Required<Pick<Command, 'buttons' | 'selects' | 'modals'>> & {
  /** Shows the first case of a part in a private reply. */
  open(interaction: Answerable, person: Person, which: Waiting, t: Texts): Promise<void>;
};

export function createQueuePanel(bot: Bot): QueuePanel {
  const { queue, settings, clock } = bot;
  const { decisions, view } = bot.moderation;
  /** What each open panel shows: a picture that comes late must not replace what came after it. */
  const showing = new Map<string, string>();

  function remember(messageId: string, what: string): void {
    showing.delete(messageId);
    showing.set(messageId, what);
    for (const oldest of showing.keys()) {
      if (showing.size <= mostOpen) break;
      showing.delete(oldest);
    }
  }

  async function show(
    interaction: Answerable,
    edit: Case,
    { which, seen, line = '', veil = 'blurred' }: Pick<Place, 'which' | 'seen'> & { line?: string; veil?: Veil },
    person: Person,
    t: Texts,
  ): Promise<void> {
    const { guildId } = person;
    const { openedAt } = edit.review;
    const place: Place = { editId: edit.id, openedAt, which, seen };
    const pictures = queue.pictures(edit, veil);
    const [behind, heldOfMember, text] = await Promise.all([
      queue.count(guildId, which, place),
      queue.count(guildId, { kind: 'held', memberId: edit.origin.userId }),
      view.text(edit, textRoom, t),
    ]);
    const isMore = behind >= mostCounted;
    const panel: Panel = { case: edit, place, text, left: behind + 1, isMore, heldOfMember, veil, line, pictures: [] };
    const inTime = await within(clock, pictureWithinMs, pictures, () => undefined);
    const what = `${edit.id} ${openedAt} ${veil}`;
    const { id } = await interaction.editReply(panelMessage({ ...panel, pictures: inTime }, t));
    remember(id, what);
    if (inTime === undefined) {
      const late = await pictures;
      if (showing.get(id) === what) await interaction.editReply(panelMessage({ ...panel, pictures: late }, t));
    }
    await queue.prepare(person, which, place);
  }

  /** Shows the next case behind a place, or that there is none. */
  async function goOn(interaction: Answerable, person: Person, place: Place, line: string, t: Texts): Promise<void> {
    const { which, seen } = place;
    const found = await queue.next(person, which, place.editId === '' ? undefined : place);
    if (found) return show(interaction, found, { which, seen, line }, person, t);
    const left = await queue.count(person.guildId, which);
    const { id } = await interaction.editReply(endMessage(place, left, line, t));
    remember(id, 'end');
  }

  const behind = (place: Place): Place => ({ ...place, seen: place.seen + 1 });

  type Press = ButtonInteraction | StringSelectMenuInteraction | ModalSubmitInteraction;

  /** What became of a decision in words. */
  async function decide(person: Person, editId: string, kind: Verdict['kind'], reason: Reason | undefined, t: Texts) {
    const edit = await decisions.decide(editId, person, kind, { card: undefined, reason });
    const done = decidedLine(edit?.review?.card, person.guildId, t.moderation.verdicts[kind], t);
    if (kind !== 'taken-down') return done;
    const removed = await within(clock, removalWithinMs, bot.result.removal.settle(edit), () => 'stands' as const);
    return removed === 'stands' ? t.moderation.stillStands(done) : done;
  }

  /** Decides about the case that is shown, and goes on; what cannot be decided stays, with the reason why. */
  async function decideAndGoOn(
    interaction: Press,
    place: Place,
    choose: (edit: Case) => { kind: Verdict['kind']; reason?: Reason | undefined },
    t: Texts,
  ): Promise<void> {
    const person = await readModerator(interaction, settings);
    const known = asCase(await decisions.check(place.editId, person));
    let line: string;
    try {
      if (!known) throw new UserError(({ moderation }) => moderation.notOpen);
      const { kind, reason } = choose(known);
      line = await decide(person, place.editId, kind, reason, t);
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      line = error.words(t);
      const open = await queue.claim(place.editId, person.userId);
      if (open) return show(interaction, open, { ...place, line }, person, t);
    }
    await goOn(interaction, person, behind(place), line, t);
  }

  const takesAway = (edit: Case): Verdict['kind'] => (edit.review.kind === 'report' ? 'taken-down' : 'rejected');

  return {
    open: (interaction, person, which, t) => goOn(interaction, person, startOf(which), '', t),

    buttons: {
      [buttons.queueDecide]: {
        acknowledge: 'update',
        async execute(interaction, t, [asked, ...args]) {
          const kind = verdicts.find((one) => one === asked);
          if (!kind) throw new UserError(({ moderation }) => moderation.notOpen);
          await decideAndGoOn(interaction, readPlace(args), () => ({ kind }), t);
        },
      },

      [buttons.queueWrite]: {
        acknowledge: 'itself',
        async execute(interaction, t, args) {
          const place = readPlace(args);
          const person = await readModerator(interaction, settings);
          const edit = asCase(await decisions.check(place.editId, person));
          if (!edit) throw new UserError(({ moderation }) => moderation.notOpen);
          const other = await queue.claimForModal(place.editId, person.userId);
          if (other) throw new UserError(({ moderation }) => moderation.claimed(other.by, other.until));
          const { rejectTitle, takeDownTitle } = t.moderation.card;
          const title = takesAway(edit) === 'rejected' ? rejectTitle : takeDownTitle;
          await interaction.showModal(reasonModal(buttonId(buttons.queueWritten, ...args), title, t));
        },
      },

      [buttons.queueSkip]: {
        acknowledge: 'update',
        async execute(interaction, t, args) {
          const person = await readModerator(interaction, settings);
          const place = readPlace(args);
          if (place.editId === '') return goOn(interaction, person, place, '', t);
          await queue.release(place.editId, person.userId);
          return goOn(interaction, person, behind(place), '', t);
        },
      },

      [buttons.queueStop]: {
        acknowledge: 'update',
        async execute(interaction, t, args) {
          const { userId } = await readModerator(interaction, settings);
          await queue.release(readPlace(args).editId, userId);
          const { id } = await interaction.editReply({ content: t.queue.stopped, components: [], attachments: [] });
          remember(id, 'end');
        },
      },

      [buttons.queueReveal]: {
        acknowledge: 'update',
        async execute(interaction, t, [asked, ...args]) {
          const person = await readModerator(interaction, settings);
          const place = readPlace(args);
          await decisions.check(place.editId, person);
          const edit = await queue.claim(place.editId, person.userId);
          const veil = asked === 'colour' ? 'colour' : 'grey';
          if (edit) return show(interaction, edit, { ...place, veil }, person, t);
          return goOn(interaction, person, behind(place), t.queue.taken, t);
        },
      },

      [buttons.queueNote]: {
        acknowledge: 'itself',
        async execute(interaction, t, args) {
          await decisions.check(readPlace(args).editId, await readModerator(interaction, settings));
          await interaction.showModal(noteModal(buttonId(buttons.queueNoted, ...args), true, t));
        },
      },

      [buttons.queueRejectAll]: {
        acknowledge: 'itself',
        async execute(interaction, t, args) {
          const person = await readModerator(interaction, settings);
          const { origin } = await decisions.check(readPlace(args).editId, person);
          const count = await queue.count(person.guildId, { kind: 'held', memberId: origin.userId });
          const title = t.queue.rejectAllTitle(count);
          await interaction.showModal(reasonModal(buttonId(buttons.queueAllRejected, ...args), title, t));
        },
      },
    },

    selects: {
      [buttons.queueBecause]: {
        acknowledge: 'update',
        async execute(interaction, t, args) {
          const key = cannedReasons.find((one) => one === interaction.values[0]);
          const reason = key && { key };
          await decideAndGoOn(interaction, readPlace(args), (edit) => ({ kind: takesAway(edit), reason }), t);
        },
      },

      [buttons.queueShow]: {
        acknowledge: 'update',
        async execute(interaction, t, args) {
          const person = await readModerator(interaction, settings);
          const { editId, which } = readPlace(args);
          const edit = editId === '' ? undefined : await decisions.check(editId, person);
          if (edit) await queue.release(edit.id, person.userId);
          const chosen = chooseWhich(interaction.values[0], which, edit?.origin.userId);
          await goOn(interaction, person, startOf(chosen), '', t);
        },
      },
    },

    modals: {
      [buttons.queueWritten]: {
        acknowledge: 'update',
        async execute(interaction, t, args) {
          const reason = readReason(interaction);
          await decideAndGoOn(interaction, readPlace(args), (edit) => ({ kind: takesAway(edit), reason }), t);
        },
      },

      [buttons.queueNoted]: {
        acknowledge: 'update',
        async execute(interaction, t, args) {
          const person = await readModerator(interaction, settings);
          const place = readPlace(args);
          const { origin } = await decisions.check(place.editId, person);
          const text = readNote(interaction);
          if (interaction.fields.getRadioGroup('about') !== 'member')
            await decisions.remark(place.editId, person, text);
          else await bot.moderation.remarks.add(person.guildId, origin.userId, person.userId, text);
          const open = await queue.claim(place.editId, person.userId);
          if (open) return show(interaction, open, { ...place, line: t.queue.note.saved }, person, t);
          return goOn(interaction, person, behind(place), t.queue.note.saved, t);
        },
      },

      [buttons.queueAllRejected]: {
        acknowledge: 'update',
        async execute(interaction, t, args) {
          const person = await readModerator(interaction, settings);
          const place = readPlace(args);
          const { origin } = await decisions.check(place.editId, person);
          const count = await queue.rejectAll(person, origin.userId, readReason(interaction));
          const line = t.queue.rejectedAll(origin.userId, count);
          await goOn(interaction, person, { ...place, seen: place.seen + count }, line, t);
        },
      },
    },
  };
}
