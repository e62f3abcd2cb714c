// The message in which a moderator works through the queue: its text, pictures and controls. Its custom ids carry where the
// moderator is, so it works after any restart.
import {
  type ActionRowData,
  ButtonStyle,
  ComponentType,
  type InteractionButtonComponentData,
  type InteractionEditReplyOptions,
  MessageFlags,
  type StringSelectMenuComponentData,
} from 'discord.js';
import { cannedReasons } from '../src/audit/audit.ts';
import { type ButtonName, buttonId, buttons } from '../src/buttons.ts';
import { messageLimit } from '../src/discord/limits.ts';
import type { Verdict } from '../src/edit/review-record.ts';
import { type Case, type Waiting, type WaitingKind, waitingKinds } from '../src/edit/waiting.ts';
import type { Veil } from '../src/picture/veil.ts';
import type { QueueFeature } from '../src/queue/queue.ts';
import { messageLink, shorten } from '../src/texts/format.ts';
import type { Texts } from '../src/texts/texts.ts';

/** Where a moderator is in which part of the queue, and how many cases they have seen before. */
export type Place = { editId: string; openedAt: number; which: Waiting; seen: number };

/** The beginning of a part. */
export const startOf = (which: Waiting): Place => ({ editId: '', openedAt: 0, which, seen: 0 });

export const placeArgs = ({ editId, openedAt, which, seen }: Place): string[] => [
  editId,
  openedAt.toString(36),
  which.kind,
  which.memberId ?? '',
  String(seen),
];

export function readPlace([editId = '', openedAt = '', kind = '', memberId = '', seen = '']: readonly string[]): Place {
  return {
    editId,
    openedAt: Number.parseInt(openedAt, 36) || 0,
    which: { kind: waitingKinds.find((one) => one === kind) ?? 'all', memberId: memberId || undefined },
    seen: Number(seen) || 0,
  };
}

export type Shown = Awaited<ReturnType<QueueFeature['pictures']>>;
/** What stands above the controls, and what they act on. */
export type Panel = {
  case: Case;
  place: Place;
  /** What its card says. */
  text: string;
  /** How many wait from here on, with this one; and of this member, all in all, what is held. */
  left: number;
  isMore: boolean;
  heldOfMember: number;
  veil: Veil;
  /** Undefined as long as they are on their way. */
  pictures: Shown | undefined;
  /** What came of the press before. */
  line: string;
};

type Row = ActionRowData<InteractionButtonComponentData | StringSelectMenuComponentData>;
type Reply = InteractionEditReplyOptions;

const button = (
  customId: string,
  label: string,
  style: InteractionButtonComponentData['style'] = ButtonStyle.Secondary,
): InteractionButtonComponentData => ({ type: ComponentType.Button, style, customId, label });
const row = (...components: Row['components']): Row => ({ type: ComponentType.ActionRow, components });

/** Which part is shown, to choose another one. */
function showSelect(place: Place, t: Texts): Row {
  const { which } = place;
  const words = t.queue;
  const member = which.memberId !== undefined ? 'everybody' : place.editId === '' ? undefined : 'member';
  return row({
    type: ComponentType.StringSelect,
    customId: buttonId(buttons.queueShow, ...placeArgs(place)),
    placeholder: words.show,
    options: [
      ...waitingKinds.map((kind) => ({ value: kind, label: words.kinds[kind], default: which.kind === kind })),
      ...(member ? [{ value: member, label: member === 'member' ? words.onlyMember : words.everybody }] : []),
    ],
  });
}

/** What a choice in that select makes of the part. @param memberId whose case was shown */
export function chooseWhich(
  value: string | undefined,
  { kind, memberId }: Waiting,
  ofCase: string | undefined,
): Waiting {
  if (value === 'everybody') return { kind };
  if (value === 'member') return { kind, memberId: ofCase };
  const chosen: WaitingKind = waitingKinds.find((one) => one === value) ?? kind;
  return { kind: chosen, memberId };
}

const nextVeil: Record<Veil, 'grey' | 'colour' | undefined> = { blurred: 'grey', grey: 'colour', colour: undefined };

function controls({ case: edit, place, heldOfMember, veil }: Panel, t: Texts): Row[] {
  const words = t.queue;
  const card = t.moderation.card;
  const args = placeArgs(place);
  const id = (name: ButtonName, ...before: string[]) => buttonId(name, ...before, ...args);
  const decide = (kind: Verdict['kind'], label: string) => button(id(buttons.queueDecide, kind), label);
  const isReport = edit.review.kind === 'report';
  const more = nextVeil[veil];
  const write = button(id(buttons.queueWrite), isReport ? card.takeDown : card.reject, ButtonStyle.Danger);
  return [
    row(
      ...(isReport
        ? [write, decide('kept', card.keep)]
        : [decide('approved', card.approve), decide('approved-spoiler', card.approveSpoiler), write]),
      button(id(buttons.queueSkip), words.skip),
      ...(more ? [button(id(buttons.queueReveal, more), words.reveal[more])] : []),
    ),
    row({
      type: ComponentType.StringSelect,
      customId: id(buttons.queueBecause),
      placeholder: isReport ? words.takeDownBecause : words.rejectBecause,
      options: [
        ...cannedReasons.map((value) => ({ value, label: t.audit.reasons[value] })),
        { value: 'none', label: words.noReason },
      ],
    }),
    showSelect(place, t),
    row({
      type: ComponentType.StringSelect,
      customId: buttonId(buttons.timeOut, edit.id),
      placeholder: card.timeOut,
      options: Object.entries(card.timeOutChoices).map(([value, label]) => ({ value, label })),
    }),
    row(
      ...(heldOfMember > 1
        ? [button(id(buttons.queueRejectAll), words.rejectAll(heldOfMember), ButtonStyle.Danger)]
        : []),
      button(id(buttons.queueNote), words.note.button),
      button(id(buttons.queueStop), words.stop),
    ),
  ];
}

function pictureLine({ pictures, veil }: Panel, t: Texts): string {
  const words = t.queue.pictures;
  if (!pictures) return words.coming;
  if (pictures.length === 0) return words.missing;
  if (veil === 'blurred') return words.blurred;
  const results = pictures.filter((picture) => picture.of === 'result').length;
  return results < pictures.length ? words.resultsAndSource(results) : words.results(results);
}

/** Room for the lines around the text of the card. */
const around = 500;
export const textRoom = messageLimit - around;

/** A case, with what can be done about it. */
export function panelMessage(panel: Panel, t: Texts): Reply {
  const { case: edit, place, left, isMore, veil, pictures = [], text, line } = panel;
  const { card, openedAt } = edit.review;
  const words = t.queue;
  const link = card ? words.card(messageLink(edit.origin.guildId ?? '@me', card)) : words.noCard;
  const head = `${words.position(place.seen + 1, place.seen + left, isMore)} · ${words.since(openedAt)} · ${link}`;
  const last = line === '' ? '' : `-# ${line}`;
  const alts = veil === 'blurred' ? { ...words.pictures.alt, result: words.pictures.altBlurred } : words.pictures.alt;
  return {
    content: [last, head, text, `-# ${pictureLine(panel, t)}`].filter((one) => one !== '').join('\n'),
    files: pictures.map(({ of, bytes }, index) => ({
      attachment: bytes,
      name: `${of}-${index + 1}.jpg`,
      description: alts[of],
    })),
    attachments: [],
    components: controls(panel, t),
    allowedMentions: { parse: [] },
    flags: MessageFlags.SuppressEmbeds,
  };
}

/** Nothing is left in this part. @param left how many wait that were skipped, or that others look at */
export function endMessage(place: Place, left: number, line: string, t: Texts): Reply {
  const words = t.queue;
  const isAll = place.which.kind === 'all' && place.which.memberId === undefined;
  const start = startOf(place.which);
  const said = left > 0 ? words.through(left) : isAll ? words.empty : words.emptyHere;
  return {
    content: [line === '' ? '' : `-# ${line}`, said].filter((one) => one !== '').join('\n'),
    files: [],
    attachments: [],
    components: [
      ...(left > 0 ? [row(button(buttonId(buttons.queueSkip, ...placeArgs(start)), words.startOver))] : []),
      ...(isAll ? [] : [showSelect(start, t)]),
    ],
    allowedMentions: { parse: [] },
  };
}

/** A line of what was decided, and where it can be taken back. */
export function decidedLine(edit: Case['review']['card'], guildId: string, verdict: string, t: Texts): string {
  return shorten(t.queue.decided(verdict, edit && messageLink(guildId, edit)), around / 2);
}
