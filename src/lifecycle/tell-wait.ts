// Tells the requester, once in each state, that an edit takes longer than a minute, and what it waits for. Only in the
// reply: a message of its own for that would be noise.
import type { Clock } from '../clock.ts';
import type { EditEvent } from '../edit/events.ts';
import type { Edit } from '../edit/record.ts';
import type { Timing } from '../edit/timing.ts';
import type { Public } from '../notify/public.ts';
import type { Texts, Words } from '../texts/texts.ts';

export type TellWait = {
  /** When to tell, in milliseconds since the epoch; undefined when there is nothing to tell. */
  at(edit: Edit): number | undefined;
  tell(edit: Edit): Promise<EditEvent>;
};

/** What an edit waits for, and since when; undefined for one that waits for people. */
function waiting(edit: Edit): { since: number; words: Words } | undefined {
  const say =
    (key: keyof Texts['run']['waiting']): Words =>
    (t) =>
      t.run.waiting[key];
  switch (edit.state) {
    case 'accepted':
      return { since: edit.createdAt, words: say(edit.sentAt === undefined ? 'inLine' : 'looking') };
    case 'running':
      return edit.givenUp ? undefined : { since: edit.submittedAt, words: say('running') };
    case 'settled':
    case 'delivering':
      // A picture that a moderator approved has its own notice.
      return edit.review ? undefined : { since: edit.settledAt, words: say('finished') };
    default:
      return undefined;
  }
}

export function createTellWait(options: { public: Pick<Public, 'update'>; clock: Clock; timing: Timing }): TellWait {
  const { clock, timing } = options;

  function at(edit: Edit): number | undefined {
    if (edit.waitTold || !edit.reply || edit.reply.expiresAt < clock.now()) return undefined;
    const wait = waiting(edit);
    return wait && wait.since + timing.tellWaitMs;
  }

  return {
    at,
    async tell(edit) {
      const words = waiting(edit)?.words;
      if (words) await options.public.update(edit, (t) => ({ text: words(t) }));
      return { type: 'wait-told' };
    },
  };
}
