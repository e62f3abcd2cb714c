// English: what a moderator reads who works through the queue.
import { time } from '../format.ts';

export const queue = {
  /** `all`: with those that come; `more`: that is only as far as they were counted. */
  position: (number: number, all: number, more: boolean) => `**${number} of ${all}${more ? ' or more' : ''}**`,
  since: (openedAt: number) => `waiting since ${time(openedAt, 'R')}`,
  card: (link: string) => `[card](${link})`,
  noCard: 'no card yet; if that stays so, `/settings moderation` says why',
  empty: 'Nothing is waiting for a moderator.',
  emptyHere: 'Nothing of that kind is waiting for a moderator.',
  /** `left`: skipped, or others look at them. */
  through: (left: number) =>
    left === 1
      ? 'You are through. One is still waiting: you skipped it, or somebody else looks at it.'
      : `You are through. ${left} are still waiting: you skipped them, or others look at them.`,
  stopped: 'Stopped. What you had open is free for others.',
  decided: (verdict: string, link: string | undefined) =>
    link ? `${verdict}. To take that back: ${link}` : `${verdict}.`,
  rejectedAll: (memberId: string, count: number) =>
    count === 1 ? `Rejected 1 result of <@${memberId}>.` : `Rejected ${count} results of <@${memberId}>.`,
  taken: 'Somebody else looks at that one now.',

  pictures: {
    blurred: 'A small, grey, blurred preview.',
    results: (count: number) => (count === 1 ? 'The result.' : `The ${count} results.`),
    resultsAndSource: (count: number) =>
      `${count === 1 ? 'First the result' : `First the ${count} results`}, last the picture that was edited.`,
    coming: 'The picture is on its way.',
    missing: "The picture can't be shown here now; the card has it.",
    /** For those who cannot see it. */
    alt: { result: 'Result', source: 'The picture that was edited' },
    altBlurred: 'Result, blurred',
  },

  note: {
    button: 'Note …',
    title: 'A note for the other moderators',
    text: 'Note (members never see it)',
    about: 'About',
    ofCase: 'this case',
    ofMember: 'this member',
    empty: 'There is nothing to read in that note.',
    saved: 'Noted.',
  },

  skip: 'Skip',
  stop: 'Stop',
  reveal: { grey: 'Reveal in grey', colour: 'Reveal in colour' },
  startOver: 'Start over',
  rejectBecause: 'Reject because …',
  takeDownBecause: 'Take down because …',
  noReason: 'No reason given',
  rejectAll: (count: number) => `Reject all ${count} of this member`,
  rejectAllTitle: (count: number) => `Reject all ${count} of this member`,

  show: 'Show …',
  kinds: {
    all: 'everything that waits',
    held: 'held results',
    report: 'reported pictures',
    contested: 'where another look was asked for',
  },
  onlyMember: 'only what is by this member',
  everybody: 'what is by everybody',
};
