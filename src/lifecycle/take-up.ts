// Whether an edit that another process took in may be run. That process may have told its requester that nothing is
// charged, because the store's answer was lost, and have died before it could withdraw the record. Only Discord knows.
import type { Clock } from '../clock.ts';
import type { EditEvent } from '../edit/events.ts';
import type { Accepted, Edit } from '../edit/record.ts';
import type { Retry } from '../edit/retry.ts';
import type { StepContext, Wait } from '../edit/step.ts';
import type { Timing } from '../edit/timing.ts';
import { DiscordTrouble } from '../errors.ts';
import type { Log } from '../log.ts';
import type { Public } from '../notify/public.ts';

export type TakeUp = {
  /** This process took it in, and told its requester so. */
  tookIn(id: string): void;
  /** What happens to an edit instead of its step; undefined when it may go on. */
  instead(edit: Edit, context: StepContext): Promise<EditEvent | Wait | undefined>;
};

/** More than are in line at Runflow; who is forgotten is only asked about. */
const mostRemembered = 10_000;

/** Nothing was ever sent to Runflow for it. */
const isUntouched = (edit: Edit): edit is Accepted =>
  edit.state === 'accepted' && edit.tries === 0 && edit.sentAt === undefined && edit.ended === undefined;

export function createTakeUp(options: {
  public: Pick<Public, 'answered'>;
  retry: Retry;
  clock: Clock;
  timing: Timing;
  log: Log;
}): TakeUp {
  const { retry, clock, timing, log } = options;
  /** Edits of which it is known that their requesters were not refused. */
  const known = new Set<string>();

  function remember(id: string): void {
    known.add(id);
    for (const oldest of known) {
      if (known.size <= mostRemembered) break;
      known.delete(oldest);
    }
  }

  const unknown = (detail: string): EditEvent => ({ type: 'failed', reason: 'not-started', detail });

  /** It goes on with the next look at it, which is now. */
  function goOn(edit: Accepted): Wait {
    remember(edit.id);
    return { type: 'wait', until: clock.now() };
  }

  async function ask(edit: Accepted): Promise<EditEvent | Wait> {
    switch (await options.public.answered(edit)) {
      case 'waiting':
        return goOn(edit);
      case 'otherwise':
        log.warn({ edit: edit.id }, 'an edit is not run: its requester was refused');
        return { type: 'withdrawn' };
      case 'not': {
        // Discord takes no answer after that, so nobody can be refused any more.
        const ageMs = clock.now() - edit.createdAt;
        const isAnswerable = ageMs >= 0 && ageMs < timing.answerableMs;
        return isAnswerable ? { type: 'wait', until: edit.createdAt + timing.answerableMs } : goOn(edit);
      }
      case 'unknown':
        return unknown('its reply is gone, so it cannot be known whether its requester was refused');
    }
  }

  function judge(edit: Accepted, error: unknown): EditEvent {
    if (!(error instanceof DiscordTrouble)) throw error;
    if (!retry.isFinal(edit, error) && !retry.isOver(edit, edit.createdAt, timing.abandonMs)) {
      return retry.putOff(edit, error, 'it cannot be seen yet whether a requester was refused');
    }
    return unknown(`it cannot be known whether its requester was refused: ${error.message}`);
  }

  return {
    tookIn: remember,

    async instead(edit, { signal }) {
      if (!isUntouched(edit)) {
        known.delete(edit.id);
        return undefined;
      }
      if (known.has(edit.id)) return undefined;
      return retry.attempt(
        edit,
        signal,
        () => ask(edit),
        (error) => judge(edit, error),
      );
    },
  };
}
