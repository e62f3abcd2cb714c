// Entry point of `result/`: from a run's pictures to the message that shows them, or that says why there are none.
import type { Clock } from '../clock.ts';
import type { Messenger } from '../discord/messenger.ts';
import type { EditEvent } from '../edit/events.ts';
import type { Reply } from '../edit/messages.ts';
import { isSharable } from '../edit/private.ts';
import type { Delivering, Failed, Settled } from '../edit/record.ts';
import type { Records } from '../edit/records.ts';
import type { Retry } from '../edit/retry.ts';
import type { AtMoment, Change, Payers, Step, Steps } from '../edit/step.ts';
import type { Timing } from '../edit/timing.ts';
import type { Log } from '../log.ts';
import type { SendDirect } from '../notify/direct.ts';
import type { Notes } from '../notify/notes.ts';
import type { TellOperator } from '../notify/operator.ts';
import type { SendPrivately } from '../notify/private.ts';
import type { Public } from '../notify/public.ts';
import type { FetchPictures } from '../picture/fetch.ts';
import type { Runflow } from '../runflow/client.ts';
import type { Language } from '../settings/language.ts';
import type { SettingsStore } from '../settings/settings.ts';
import type { Texts } from '../texts/texts.ts';
import { type Covers, createCovers } from './covers.ts';
import { createDeliver } from './deliver.ts';
import { createGetDetails, type GetDetails } from './details.ts';
import { detailsText } from './details-text.ts';
import { createEnding } from './ending.ts';
import { createFetchOnce } from './fetch-once.ts';
import { createUnlessAnswered } from './recovered.ts';
import { createRemoval, createTakeDown, type Removal } from './removal.ts';
import { createTellFailure } from './tell-failure.ts';
import { createSendUndeliverable } from './undeliverable.ts';

export type ResultFeature = {
  steps: Pick<Steps, 'delivering' | 'failed' | 'rejected'>;
  /** Lets a result of a lost store pass only where its reply still waits for it. */
  unlessAnswered(settled: Step<Settled>): Step<Settled>;
  payers: Pick<Payers, 'take-down'>;
  removal: Removal;
  covers: Covers;
  /** The pictures of a result's message; undefined when it is gone. @throws {DiscordTrouble} */
  files: Messenger['files'];
  /** Shows a private result to everybody in a new reply. @returns false when it is not there any more, or not private */
  share(editId: string, reply: Reply): Promise<boolean>;
  /** What is known of a posted result, as text; its recipe apart, where the text has no room for it. */
  details(edit: Parameters<GetDetails>[0], t: Texts): Promise<{ text: string; recipe?: string }>;
};

export function createResult(options: {
  records: Records;
  change: Change;
  runflow: Runflow;
  fetchPictures: FetchPictures;
  /** Addresses of the pictures that a moderator approved, if one did. */
  approvedPictures: (edit: Delivering | Failed) => Promise<string[] | undefined>;
  /** What to do instead of posting, when a result may not be posted any more as it was approved. */
  reconsider: (edit: Delivering) => Promise<EditEvent | undefined>;
  messenger: Messenger;
  public: Public;
  sendPrivately: SendPrivately;
  notes: Notes;
  sendDirect: SendDirect;
  tellOperator: TellOperator;
  settings: SettingsStore;
  language: Language;
  retry: Retry;
  clock: Clock;
  timing: Timing;
  log: Log;
  at: AtMoment;
}): ResultFeature {
  const getDetails = createGetDetails(options);
  const tellFailure = createTellFailure(options);
  const ending = createEnding({
    ...options,
    tellFailure,
    sendUndeliverable: createSendUndeliverable({ ...options, tellFailure }),
  });
  return {
    steps: {
      delivering: createDeliver({ ...options, fetchPictures: createFetchOnce(options.fetchPictures) }),
      failed: ending,
      rejected: ending,
    },
    unlessAnswered: createUnlessAnswered(options),
    payers: { 'take-down': createTakeDown(options) },
    removal: createRemoval(options),
    covers: createCovers(options),
    files: options.messenger.files,
    async share(editId, reply) {
      let shared = false;
      await options.change(editId, (edit) => {
        shared = isSharable(edit);
        return shared ? { type: 'shared', reply } : undefined;
      });
      return shared;
    },
    details: async (edit, t) => detailsText(await getDetails(edit), t),
  };
}
