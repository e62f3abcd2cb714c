// English: how often somebody may edit.
import { time } from '../format.ts';

const edits = (count: number) => (count === 1 ? '1 edit' : `${count} edits`);
/** Discord shows whole seconds: never earlier than it is possible. */
const when = (ms: number) => time(Math.ceil(ms / 1000) * 1000, 'R');

const usd = (dollars: number) => `$${dollars.toFixed(2)}`;

export const limits = {
  command: 'How many edits you have left here',
  usage: {
    title: '**Your edits here**',
    none: 'Nothing limits how often you may edit here.',
    atOnce: (used: number, most: number) => `Under way: ${used} of ${most}.`,
    perHour: (used: number, most: number) => `Within an hour: ${used} of ${most}.`,
    perDay: (used: number, most: number) => `Within 24 hours: ${used} of ${most}.`,
    server: (used: number, most: number) => `The whole server within 24 hours: ${used} of ${most}.`,
    everywhere: (used: number, most: number) =>
      `In all servers and direct messages within 24 hours: ${used} of ${most}.`,
    until: (ms: number) => `The next one is possible ${when(ms)}.`,
  },
  none: 'Edits are not open to you in this server. Those who run it can change that.',
  atOnce: (most: number) =>
    `You have ${edits(most)} under way, as many as this server lets you have at once. The next one is possible when one of them is finished.`,
  cooldown: (until: number) =>
    `This server leaves some time between two edits. Your next one is possible ${when(until)}.`,
  perHour: (most: number, until: number) =>
    `This server lets you make ${edits(most)} an hour, and you have. The next one is possible ${when(until)}.`,
  perDay: (most: number, until: number) =>
    `This server lets you make ${edits(most)} within 24 hours, and you have. The next one is possible ${when(until)}.`,
  server: (until: number) =>
    `This server has made as many edits as it may within 24 hours. The next one is possible ${when(until)}.`,
  everywhere: (most: number, until: number) =>
    `I make at most ${edits(most)} for one person within 24 hours, and you have had them. The next one is possible ${when(until)}.`,

  /** No word of money: that is between the operator and their provider. */
  spent: (until: number) => `I can't take more edits today. The next one is possible ${when(until)}.`,
  operator: {
    'budget-most': (dollars: number) =>
      `80 % of today's budget (${usd(dollars)}, DAILY_BUDGET_USD) is spent. When it is used up, new edits are refused until midnight UTC.`,
    'budget-spent': (dollars: number) =>
      `Today's budget (${usd(dollars)}, DAILY_BUDGET_USD) is used up or kept for edits that run. New edits are refused until midnight UTC.`,
  },
};
