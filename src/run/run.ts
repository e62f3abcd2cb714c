// Entry point of `run/`: from a member's request to the end of its run at Runflow.
import { randomInt } from 'node:crypto';
import type { Clock } from '../clock.ts';
import { nextIntake } from '../edit/intake.ts';
import { isPrivate } from '../edit/private.ts';
import type { Edit, Running } from '../edit/record.ts';
import type { Records } from '../edit/records.ts';
import type { Retry } from '../edit/retry.ts';
import type { AtMoment, Steps } from '../edit/step.ts';
import type { Timing } from '../edit/timing.ts';
import { UserError } from '../errors.ts';
import type { Log } from '../log.ts';
import { type Model, type Picture, promptLimit, type Wish } from '../models/model.ts';
import { findModel } from '../models/models.ts';
import type { SendPublicly } from '../notify/public.ts';
import type { FetchPictures } from '../picture/fetch.ts';
import { type Recipe, readRecipe } from '../recipe/recipe.ts';
import type { Runflow } from '../runflow/client.ts';
import type { RunInput } from '../runflow/input.ts';
import type { Place } from '../settings/rights.ts';
import type { Store } from '../store/store.ts';
import type { Words } from '../texts/texts.ts';
import { type Advice, adviseOn, correct } from './advice.ts';
import { type CreateQueue, createQueue } from './create-queue.ts';
import { createDrafts, type Drafts } from './drafts.ts';
import { createPoll, type Poll } from './poll.ts';
import { createPrepare } from './prepare.ts';
import { createRecovery, type Recovery } from './recover.ts';
import {
  type Changes,
  changeRequest,
  checkPlace,
  checkRequest,
  intakeOf,
  type Request,
  refusePicture,
  repeatRequest,
} from './request.ts';
import { createRunList } from './run-list.ts';
import { createSubmit } from './submit.ts';
import { createWait, overdueAt } from './wait.ts';

/** New seeds are below this: short enough to retype. */
const seeds = 2 ** 31;

/** What is kept of an edit for another one of the same original. */
type Earlier = Pick<Edit, 'model' | 'input' | 'origin' | 'shared' | 'parent'>;

export type RunFeature = {
  steps: Pick<Steps, 'accepted' | 'running'>;
  poll: Poll;
  recovery: Recovery;
  queue: CreateQueue;
  /** When to tell the requester that a run takes too long, in milliseconds since the epoch. */
  overdueAt(edit: Running): number;
  /** The model that new edits run on. */
  model: Model;
  drafts: Drafts;
  /** @throws {UserError} that names which permission is missing */
  checkPlace(place: Place): void;
  /** Why a picture cannot be a source; undefined when it can. */
  refusePicture(picture: Picture): Words | undefined;
  /** @throws {UserError} that says what is wrong with the request and how to fix it */
  check(wish: Wish, place: Place): Request;
  /** The same request with other words, another size or seed. @throws {UserError} that says what is wrong */
  change(edit: Earlier, changes: Changes, place: Place): Request;
  /** What may have been meant otherwise, and the prompt with what is plain put right. */
  advise(request: Pick<Request, 'input'>): { advice: readonly Advice[]; corrected: string | undefined };
  /** @throws {UserError} when it is none, or for a model that is not offered */
  readRecipe(code: string): Recipe;
  /** The sizes that an edit's model offers. */
  sizes(edit: Pick<Edit, 'model'>): Model['sizes'];
  /** The same request on the same model with a new seed. @throws {UserError} when model or place do not allow it */
  repeat(edit: Earlier, place: Place): Request;
};

export function createRun(options: {
  store: Store;
  records: Records;
  runflow: Runflow;
  fetchPictures: FetchPictures;
  advance: (editId: string) => void;
  sendPublicly: SendPublicly;
  applicationId: () => string;
  /** Whether this process has its store to itself. */
  alone: boolean;
  /** Path of the model for new edits. */
  model: string;
  /** Runflow returns the pictures inline and keeps nothing. */
  syncMode: boolean;
  callbackUrl: string | undefined;
  /** A run's end was found whose callback is overdue. */
  onMissed: () => void;
  runTimeoutMs: number;
  /** How far back to search the run list at start. */
  lookBackMs: number;
  retry: Retry;
  clock: Clock;
  timing: Timing;
  log: Log;
  at: AtMoment;
}): RunFeature {
  const { records, runflow, advance, applicationId, callbackUrl, retry, clock, timing, log, at } = options;
  const { runTimeoutMs, sendPublicly } = options;
  const runList = createRunList(runflow, clock);
  const callbacks = callbackUrl !== undefined;
  const poll = createPoll({ ...options, callbacks });
  const { keepOutcome } = records;
  const queue = createQueue({ advance, clock, timing });
  const { lookBackMs } = options;
  const model = findModel(options.model);

  function withMode(path: string, { sync_mode: _earlier, ...input }: RunInput): Request {
    return { model: path, input: options.syncMode ? { ...input, sync_mode: true } : input };
  }

  /** What is made anew is covered, and private, like the first time. */
  function likeBefore({ model: path, origin, shared, parent }: Earlier, input: RunInput): Request {
    const { spoiler, ownCover } = origin;
    const alone = isPrivate({ origin, shared }) || undefined;
    return { ...withMode(path, input), spoiler, ownCover, private: alone, parent };
  }

  const prepare = createPrepare({ ...options, assets: runflow.assets });
  const submit = createSubmit({
    runflow,
    runList,
    queue,
    keepOutcome,
    callbackUrl,
    applicationId,
    retry,
    clock,
    timing,
    log,
    at,
  });

  return {
    steps: {
      accepted(edit, context) {
        const next = edit.sentAt === undefined ? nextIntake(edit) : undefined;
        return next ? prepare(edit, next, context) : submit(edit, context);
      },
      running: createWait({ poll, runflow, sendPublicly, runTimeoutMs, clock, timing, log }),
    },
    poll,
    queue,
    recovery: createRecovery({
      runList,
      records,
      advance,
      applicationId,
      model: options.model,
      lookBackMs,
      clock,
      timing,
      log,
    }),
    overdueAt: (edit) => overdueAt(edit, runTimeoutMs),
    model,
    drafts: createDrafts(options.store),
    checkPlace,
    refusePicture,
    check: (wish, place) => ({
      ...withMode(options.model, checkRequest(wish, place, model)),
      spoiler: wish.pictures.some(({ spoiler }) => spoiler) || undefined,
      ownCover: wish.cover || undefined,
      private: wish.private || undefined,
      parent: wish.pictures.find(({ parent }) => parent)?.parent,
      intake: intakeOf(wish),
    }),
    change(edit, changes, place) {
      const input = changeRequest(edit, changes, place, findModel(edit.model));
      return likeBefore(edit, input);
    },
    advise({ input: { prompt, image_urls } }) {
      const corrected = correct(prompt, image_urls.length);
      return {
        advice: adviseOn(prompt, image_urls.length),
        corrected: corrected !== undefined && corrected.length <= promptLimit ? corrected : undefined,
      };
    },
    readRecipe(code) {
      const recipe = readRecipe(code);
      if (recipe.model !== options.model) throw new UserError((t) => t.run.recipe.otherModel(recipe.model));
      return recipe;
    },
    sizes: ({ model: path }) => findModel(path).sizes,
    repeat(edit, place) {
      const input = repeatRequest(edit, place, findModel(edit.model), randomInt(seeds));
      return likeBefore(edit, input);
    },
  };
}
