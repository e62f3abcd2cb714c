// kill -9 right after each thing that an edit owes was done and before that is saved, then a restart: everything that is
// owed comes to pass, and nothing of it twice. An undone approval owes five kinds at once.

import { afterAll, describe, expect, it } from 'vitest';
import type { Moment } from '../../src/edit/step.ts';
import {
  cardsOf,
  carries,
  createModeratedLab,
  holdOne,
  picturesIn,
  pressCard,
  readActions,
  untilLogged,
} from '../bot/review-cards.ts';
import type { Lab } from '../lab.ts';
import { pause, vera } from '../support.ts';
import { startBotProcess } from './own-lab.ts';

const moments: readonly Moment[] = [
  'paid-entry',
  'paid-take-down',
  'paid-rewrite-card',
  'paid-rewrite-note',
  'paid-remember',
];
const table = new Map<string, string>();

const start = (lab: Lab, crashAt?: Moment) => startBotProcess(lab.env, 600, crashAt);

async function tryMoment(moment: Moment): Promise<void> {
  const lab = await createModeratedLab({}, { idle: true, closeMyself: true, discord: { acknowledgeMs: 20_000 } });
  const bots = [start(lab)];
  try {
    await bots[0]?.ready();
    const { edit, card } = await holdOne(lab);
    await pressCard(lab, vera, card, 'review-approve');
    await lab.until('undo', () => carries(card, 'review-undo'));
    await lab.until('the picture', () => picturesIn(lab, 'general').length === 1);
    await untilLogged(lab, edit.id, 'bot held', 'vera approved');
    await bots[0]?.stop();

    const second = start(lab, moment);
    bots.push(second);
    await second.ready();
    lab.discord.press(vera, card.id, /^review-undo:/).acknowledged.catch(() => {});
    await lab.until('the crash', () => second.child.signalCode === 'SIGKILL');

    const third = start(lab);
    bots.push(third);
    await third.ready();
    await lab.until('an open card', () => carries(card, 'review-approve'));
    await lab.until('taken down', () => picturesIn(lab, 'general').length === 0);
    await lab.until('the note', () => edit.followups()[0]?.content.includes('a moderator looks at it first') === true);
    await untilLogged(lab, edit.id, 'bot held', 'vera approved', 'vera undone');
    expect(cardsOf(lab, edit.id)).toHaveLength(1);

    await pressCard(lab, vera, card, 'review-approve');
    await lab.until('the picture again', () => picturesIn(lab, 'general').length === 1);
    await untilLogged(lab, edit.id, 'bot held', 'vera approved', 'vera undone', 'vera approved');
    // Long enough for anything that would come twice: a lease, a look for open edits.
    await pause(1_500);
    expect(picturesIn(lab, 'general')).toHaveLength(1);
    expect(await readActions(lab, edit.id)).toHaveLength(4);
  } finally {
    await Promise.all(bots.map((bot) => bot.stop('SIGKILL')));
    await lab.close();
  }
}

describe.concurrent('kill -9', () => {
  it.each(moments)(
    'when %s is not saved yet',
    async (moment) => {
      table.set(moment, 'FAILED');
      await tryMoment(moment);
      table.set(moment, 'logged once, taken down, card and note rewritten');
    },
    60_000,
  );
});

afterAll(() => {
  process.stdout.write(`\n${[...table].map(([name, result]) => `  ${name.padEnd(18)}  ${result}`).join('\n')}\n`);
});
