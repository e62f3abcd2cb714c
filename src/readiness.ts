// Whether the store can be written, for those who ask often: one probe answers all who ask within two seconds, and a
// store that hangs keeps nobody waiting.
import { type Clock, within } from './clock.ts';

/** How long an answer of the store stands. */
const freshMs = 2_000;
/** A store that takes longer counts as away. */
const patienceMs = 1_000;
/** A probe that has not come back by then is given up, and another one leaves. */
const lostMs = 10_000;

/** @returns a function that resolves, within about a second, with whether the store can be written */
export function createStoreCheck(probe: () => Promise<void>, clock: Clock): () => Promise<boolean> {
  let last: { at: number; works: boolean } | undefined;
  let current: { since: number; works: Promise<boolean> } | undefined;

  // The clock may be set back, so a time in the future has passed as well.
  const isOver = (since: number, ms: number) => clock.now() < since || clock.now() - since >= ms;

  function look(): Promise<boolean> {
    const since = clock.now();
    const answered = probe().then(
      () => true,
      () => false,
    );
    const mine = { since, works: within(clock, patienceMs, answered, () => false) };
    current = mine;
    void mine.works.then((works) => {
      last = { at: clock.now(), works };
    });
    void answered.then((works) => {
      // A late answer is one all the same.
      if (current !== mine) return;
      last = { at: clock.now(), works };
      current = undefined;
    });
    return mine.works;
  }

  return async () => {
    if (last && !isOver(last.at, freshMs)) return last.works;
    if (!current || isOver(current.since, lostMs)) return look();
    // While a probe hangs, what is known of it is that it hangs.
    return current.works;
  };
}
