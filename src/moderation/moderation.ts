// Entry point of `moderation/`: handles flagged, unchecked and reported results, and checks who may request an edit.
import type { Audit } from '../audit/audit.ts';
import type { Clock } from '../clock.ts';
import type { Messenger } from '../discord/messenger.ts';
import type { EditEvent } from '../edit/events.ts';
import type { Delivering, Edit, Failed } from '../edit/record.ts';
import type { Records } from '../edit/records.ts';
import type { Retry } from '../edit/retry.ts';
import { canPostAgain, isOpen } from '../edit/review.ts';
import type { Change, Payers, Steps } from '../edit/step.ts';
import type { Timing } from '../edit/timing.ts';
import { DiscordTrouble } from '../errors.ts';
import type { Log } from '../log.ts';
import type { SendDirect } from '../notify/direct.ts';
import type { Notes } from '../notify/notes.ts';
import type { Public } from '../notify/public.ts';
import type { FetchPictures } from '../picture/fetch.ts';
import type { MakePrints } from '../picture/prints.ts';
import type { Runflow } from '../runflow/client.ts';
import type { Language } from '../settings/language.ts';
import type { SettingsStore } from '../settings/settings.ts';
import type { Store } from '../store/store.ts';

import { createLookUp, createTellPrints } from './about.ts';
import { createAnswerReport } from './answer-report.ts';
import { type AutoMod, createAutoMod } from './automod.ts';
import { createCards } from './cards.ts';
import { type Blocklist, createBlocklist } from './change-blocklist.ts';
import { createDecisions, type Decisions } from './decisions.ts';
import { createGate, type Gate } from './gate.ts';
import { createIsGone } from './gone.ts';
import { createHold } from './hold.ts';
import { createMembers, type Members } from './members.ts';
import { createPicturesBefore } from './pictures-before.ts';
import { createPing } from './ping.ts';
import { createPlace, type Place } from './place.ts';
import { compileOperatorList } from './prompt-lists.ts';
import { createRefusals } from './refusals.ts';
import { createRemarks, type Remarks } from './remarks.ts';
import { createRooms, type Rooms } from './room.ts';
import { createView, type View } from './view.ts';
import { createWake } from './wake.ts';

export type ModerationFeature = {
  steps: Pick<Steps, 'settled' | 'held' | 'delivered'>;
  payers: Pick<Payers, 'rewrite-card' | 'rewrite-note' | 'close-card' | 'tell-contest' | 'show-claim' | 'remember'>;
  /** Addresses of the pictures that a moderator saw and approved; undefined if none did. */
  approvedPictures(edit: Delivering | Failed): Promise<string[] | undefined>;
  /** What to do instead of posting a result, when it may not be posted any more as it was approved. */
  reconsider: Place['reconsider'];
  mayEdit: Gate;
  decisions: Decisions;
  /** What a card says and shows, for whoever reads it elsewhere. */
  view: View;
  members: Members;
  remarks: Remarks;
  blocklist: Blocklist;
  autoMod: Pick<AutoMod, 'changed' | 'look'>;
  reviewChannel: Pick<Rooms, 'look' | 'check'>;
  /** Continues what waits for a review channel of this server. */
  wake(guildId: string): Promise<void>;
};

/** @throws {StartError} when the operator's prompt list has entries that make no sense */
export function createModeration(options: {
  store: Store;
  records: Records;
  change: Change;
  audit: Audit;
  settings: SettingsStore;
  messenger: Messenger;
  public: Public;
  notes: Notes;
  sendDirect: SendDirect;
  fetchPictures: FetchPictures;
  makePrints: MakePrints;
  runflow: Runflow;
  language: Language;
  retry: Retry;
  clock: Clock;
  timing: Timing;
  log: Log;
  /** The operator's own prompt list, and whether edits may be requested in direct messages. */
  promptBlocklist: readonly string[];
  directMessages: boolean;
}): ModerationFeature {
  const { store, audit, settings, clock } = options;
  const autoMod = createAutoMod(options);
  const refusals = createRefusals(store, audit, clock);
  const members = createMembers(store, audit, clock, refusals);
  const findForbidden = compileOperatorList(options.promptBlocklist);
  const before = createPicturesBefore(store);
  const lookUp = createLookUp({ members, before, clock });
  const tellPrints = createTellPrints(options.makePrints);
  const cards = createCards({ ...options, lookUp, tellPrints, ping: createPing(options) });
  const remarks = createRemarks(store, clock);
  const place = createPlace(options);
  const rooms = createRooms(options);

  async function rewriteCard(edit: Edit): Promise<EditEvent | undefined> {
    const { review } = edit;
    const isShown =
      edit.state === 'failed' || edit.state === 'deleted' || ('outcome' in edit && edit.state !== 'settled');
    if (!review || !isShown) return undefined;
    // What it says is not known any more.
    if (edit.erased) {
      if (review.card) await cards.close(edit, review.card);
      return undefined;
    }
    // Only an open review needs a new card when the old one is gone.
    const isRewritten = await cards.rewrite({ ...edit, review });
    if (isRewritten || edit.state === 'deleted' || !isOpen(review)) return undefined;
    // Discord may not know for a while what it lists: another card would be found to be the same one.
    if (await cards.stands({ ...edit, review }))
      throw new DiscordTrouble('later', 'a card stands but cannot be rewritten', undefined);
    return { type: 'card-gone' };
  }

  return {
    steps: {
      settled: (edit) => place.decide(edit),
      ...createHold({ ...options, cards, rooms, answerReport: createAnswerReport(options) }),
    },
    payers: {
      'rewrite-card': rewriteCard,
      'show-claim': rewriteCard,
      async remember(edit) {
        await before.note(edit);
        return undefined;
      },
      async 'rewrite-note'(edit) {
        await options.notes.rewrite(edit);
        return undefined;
      },
      async 'tell-contest'(edit, { card, at }) {
        // Decided anew meanwhile, it asks for nothing any more.
        if (isOpen(edit.review) && edit.review?.card?.messageId === card.messageId) await cards.tellContest(edit, at);
        return undefined;
      },
      async 'close-card'(edit, { card }) {
        const isCurrent = edit.review?.card?.messageId === card.messageId;
        if (!isCurrent || !(isOpen(edit.review) || canPostAgain(edit))) await cards.close(edit, card);
        return undefined;
      },
    },
    async approvedPictures(edit) {
      const { review } = edit;
      return review?.card && cards.pictures(edit, review.card);
    },
    reconsider: place.reconsider,
    mayEdit: createGate({ ...options, members, refusals, autoMod, findForbidden }),
    view: createView({ cards, lookUp, remarks }),
    remarks,
    decisions: createDecisions({ ...options, rooms, isGone: createIsGone({ ...options, cards }) }),
    members,
    blocklist: createBlocklist({ settings, audit }),
    autoMod,
    reviewChannel: rooms,
    wake: createWake({ ...options, cards }),
  };
}
