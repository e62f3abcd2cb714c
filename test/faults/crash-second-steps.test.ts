// kill -9 in what follows a result: a take-down that is undone and posts the picture again, a card that is closed, a
// failure that its requester alone is told of. After a restart all of it has come to pass, and the picture stands once.

import { afterAll, describe, expect, it } from 'vitest';
import type { Interaction, Message } from '../../sandbox/discord/discord.ts';
import type { Fault } from '../../sandbox/server.ts';
import { claimMs } from '../../src/edit/claim.ts';
import type { Moment } from '../../src/edit/step.ts';
import { en } from '../../src/texts/en/en.ts';
import {
  card as cardOf,
  cardsOf,
  carries,
  createModeratedLab,
  directMessages,
  picturesIn,
  pressCard,
  readActions,
  reportPicture,
  untilLogged,
} from '../bot/review-cards.ts';
import type { Lab } from '../lab.ts';
import { at, mia, noah, otto, pause, vera } from '../support.ts';
import { postMessage, startBotProcess } from './own-lab.ts';

type Crash = { name: string; moment?: Moment; fault?: Fault };

const table = new Map<string, string>();
/** Long enough for anything that would come twice: a lease, a look for open edits. */
const settle = () => pause(1_500);

/**
 * The bot, then a process that dies in the middle of what `press` begins, then the bot again.
 * @param first what has come to pass before
 */
async function crash<Case>(
  lab: Lab,
  { name, moment, fault }: Crash,
  first: () => Promise<Case>,
  press: (found: Case) => unknown,
  then: (found: Case) => Promise<void>,
): Promise<void> {
  table.set(name, 'FAILED');
  let dying: ReturnType<typeof startBotProcess> | undefined;
  try {
    const found = await first();
    await lab.stop();
    dying = startBotProcess(lab.env, 600, moment);
    await dying.ready();
    let struck = false;
    const when = () => {
      struck = true;
      return true;
    };
    if (fault) lab.discord.standIn.fault({ ...fault, when });
    press(found);
    await lab.until('the crash', () => struck || dying?.child.signalCode === 'SIGKILL');
    // Until Discord has done what it does not answer.
    if (fault) await pause(100);
    await dying.stop('SIGKILL');
    lab.discord.standIn.clearFaults();
    await lab.start();
    await then(found);
    table.set(name, 'once');
  } finally {
    await dying?.stop('SIGKILL');
    await lab.close();
  }
}

function fail(): never {
  throw new Error('it is not there');
}

const createLab = () => createModeratedLab({}, { closeMyself: true, discord: { acknowledgeMs: 20_000 } });

type Reported = { edit: Interaction; result: Message; card: Message };

const isDelivered = (lab: Lab, { id }: Interaction) =>
  lab.until('delivered', () => lab.logs.some(({ msg, edit }) => msg === 'edit delivered' && edit === id));

async function takeDown(lab: Lab): Promise<Reported> {
  const edit = lab.edit('blur');
  await isDelivered(lab, edit);
  const result = picturesIn(lab, 'general')[0] ?? fail();
  await reportPicture(lab, noah, result.id);
  const card = await cardOf(lab, edit.id);
  await pressCard(lab, otto, card, 'review-take-down');
  await lab.until('undo', () => carries(card, 'review-undo'));
  await lab.until('told', () => directMessages(lab, 'noah').length === 1);
  return { edit, result, card };
}

const undone: readonly Crash[] = [
  { name: 'undone, posted, that is not saved', moment: 'posted' },
  { name: 'undone, posted, not answered', fault: { ...postMessage, kind: 'hang-after' } },
  { name: 'undone, delivered', moment: 'delivered' },
];

describe.concurrent('kill -9', { timeout: 60_000 }, () => {
  it.each(undone)('of a take-down: $name', async (point) => {
    const lab = await createLab();
    const first = () => takeDown(lab);
    const undo = ({ card }: Reported) => lab.discord.press(otto, card.id, /^review-undo:/).acknowledged.catch(() => {});
    await crash(lab, point, first, undo, async ({ edit, card }) => {
      await lab.until('the picture', () => picturesIn(lab, 'general').length === 1);
      await lab.until('an open card', () => carries(card, 'review-keep'));
      await untilLogged(lab, edit.id, 'noah reported', 'otto taken-down', 'otto undone');
      await settle();
      expect(picturesIn(lab, 'general')).toHaveLength(1);
      expect(lab.discord.messages('general')).toHaveLength(1);
      // Refused for as long as the record does not know yet that the picture stands.
      for (let said = 'being posted'; said.includes('being posted'); await pause(100)) {
        said = await pressCard(lab, vera, card, 'review-keep');
      }
      await lab.until('told', () => directMessages(lab, 'noah').length === 2);
      expect(await readActions(lab, edit.id)).toHaveLength(4);
      expect(cardsOf(lab, edit.id)).toHaveLength(1);
    });
  });

  it('of a contest that is said under its card', async () => {
    const lab = await createLab();
    const first = async () => {
      const edit = lab.edit('blur [flagged]');
      const card = await cardOf(lab, edit.id);
      await pressCard(lab, vera, card, 'review-reject');
      await lab.until('the note', () => lab.discord.messages('dm-mia').length === 1);
      await untilLogged(lab, edit.id, 'bot held', 'vera rejected');
      return { edit, card, note: lab.discord.messages('dm-mia')[0] ?? fail() };
    };
    const contest = ({ note }: { note: Message }) =>
      lab.discord.press(at(mia, 'dm'), note.id, /^contest:/).acknowledged.catch(() => {});
    await crash(lab, { name: 'a contest', moment: 'paid-tell-contest' }, first, contest, async ({ edit, card }) => {
      await lab.until('an open card', () => carries(card, 'review-approve'));
      await untilLogged(lab, edit.id, 'bot held', 'vera rejected', 'mia contested');
      await settle();
      expect(lab.discord.messages('review').filter(({ repliesTo }) => repliesTo === card.id)).toHaveLength(1);
    });
  });

  it('of a case that somebody looks at: its card says so, and that nobody does any more', async () => {
    const lab = await createLab();
    const first = async () => {
      const edit = lab.edit('blur [flagged]');
      return { edit, card: await cardOf(lab, edit.id) };
    };
    const look = ({ card }: { card: Message }) =>
      lab.discord.press(vera, card.id, /^review-reject:/).acknowledged.catch(() => {});
    await crash(lab, { name: 'a claim', moment: 'paid-show-claim' }, first, look, async ({ card }) => {
      await lab.until('a name on the card', () => card.content.includes('is looking at this'));
      await lab.stop();
      lab.clock.move(claimMs);
      await lab.start();
      await lab.until('no name on the card', () => !card.content.includes('is looking at this'));
    });
  });

  it('of a card that is closed', async () => {
    const lab = await createLab();
    const name = 'a report closes the card before';
    const first = async (): Promise<Reported> => {
      const edit = lab.edit('blur [flagged]');
      const card = await cardOf(lab, edit.id);
      await pressCard(lab, vera, card, 'review-approve');
      await isDelivered(lab, edit);
      await lab.until('undo', () => carries(card, 'review-undo'));
      return { edit, card, result: picturesIn(lab, 'general')[0] ?? fail() };
    };
    const report = async ({ result }: Reported) => {
      const asked = lab.discord.menu(noah, en.moderation.report.menu, result.id);
      await asked.acknowledged;
      await lab.discord.submit(noah, asked, { reason: 'rules' }).acknowledged.catch(() => {});
    };
    await crash(lab, { name, moment: 'paid-close-card' }, first, report, async ({ edit, card }) => {
      await lab.until('its buttons are gone', () => !carries(card, 'review-'));
      await lab.until('a card of the report', () => cardsOf(lab, edit.id).some((one) => carries(one, 'review-keep')));
      await untilLogged(lab, edit.id, 'bot held', 'vera approved', 'noah reported');
      await settle();
      expect(cardsOf(lab, edit.id)).toHaveLength(2);
      expect(card.content).toContain('**Approved**');
      expect(picturesIn(lab, 'general')).toHaveLength(1);
    });
  });

  const followUp = { method: 'POST', path: /\/webhooks\/\d+\/[^/]+$/ } as const;
  const failed: readonly Crash[] = [
    { name: 'failed, its reply is deleted', fault: { method: 'DELETE', path: /original$/, kind: 'hang-after' } },
    { name: 'failed, about to be told', fault: { ...followUp, kind: 'hang' } },
  ];

  it.each(failed)('of a failure: $name', async (point) => {
    const lab = await createLab();
    let edit: Interaction | undefined;
    const press = () => {
      edit = lab.edit('blur [failed]');
    };
    await crash(
      lab,
      point,
      async () => undefined,
      press,
      async () => {
        const heard = () => edit?.followups() ?? [];
        await lab.until('told', () => heard().length > 0);
        await settle();
        expect(heard().map(({ ephemeralFor }) => ephemeralFor)).toEqual([lab.discord.world.user(mia.user).id]);
        expect(lab.discord.messages('general')).toEqual([]);
        expect(lab.runs()).toHaveLength(1);
      },
    );
  });
});

afterAll(() => {
  process.stdout.write(`\n${[...table].map(([name, result]) => `  ${name.padEnd(34)}  ${result}`).join('\n')}\n`);
});
