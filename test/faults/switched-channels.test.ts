// Channels that are opened, closed and switched at random while flagged results are on their way and moderators decide:
// the leak check at the end of the laboratory sees every message, and in the end nothing hangs, is lost or stands twice.
import { expect, it } from 'vitest';
import type { Interaction, Message } from '../../sandbox/discord/discord.ts';
import type { Fault } from '../../sandbox/server.ts';
import type { Edit } from '../../src/edit/record.ts';
import { createRecords } from '../../src/edit/records.ts';
import { createSqliteStore } from '../../src/store/sqlite.ts';
import { carries, change, controls, createModeratedLab } from '../bot/review-cards.ts';
import { type Lab, stamp, storePath } from '../lab.ts';
import { hourMs, pause } from '../support.ts';
import { downloadOutput } from './own-lab.ts';
import { createRandom } from './storm.ts';

const fresh = Math.floor(Math.random() * 2 ** 31);
const seeds = process.env.STORM_SEED ? process.env.STORM_SEED.split(',').map(Number) : [20_260_402, fresh];
const places = ['general', 'lounge', 'lounge-thread'];

const page = { body: '<html></html>', headers: { 'content-type': 'text/html' } };
const faults: readonly Fault[] = [
  { method: 'DELETE', path: /\/messages\/\d+$/, kind: 'answer', status: 403, ...page, times: 3 },
  { method: 'DELETE', path: /\/messages\/\d+$/, kind: 'answer', status: 500, times: 2 },
  { method: 'GET', path: /\/channels\/\d+$/, kind: 'answer', status: 503, times: 2 },
  { method: 'GET', path: /\/channels\/\d+$/, kind: 'answer', status: 403, ...page },
  { method: 'GET', path: /\/guilds\/\d+/, kind: 'reset' },
  { method: 'POST', path: /\/channels\/\d+\/messages$/, kind: 'reset-after' },
  { method: 'POST', path: /\/channels\/\d+\/messages$/, kind: 'answer', status: 502, ...page },
  { method: 'PATCH', path: /original$/, kind: 'reset-after' },
];

/** What people and those who run the server do at random, one thing at a time. */
function createPeople(lab: Lab, random: () => number) {
  const { discord, runflow } = lab;
  const pick = <Item>(items: readonly Item[]): Item | undefined => items[Math.floor(random() * items.length)];
  const edits: Interaction[] = [];

  /** A moderator presses something on some card. */
  function decide(): void {
    const cards = discord.messages('review').filter((message) => message.attachments.length > 0);
    const button = pick(['review-approve', 'review-undo', 'review-undo']);
    const card = pick(cards.filter((message) => button !== undefined && carries(message, `${button}:`)));
    if (!card || !button) return;
    discord.press({ user: 'vera', channel: 'review' }, card.id, new RegExp(`^${button}:`));
  }

  /** Seldom enough that each lasts a while: a message that follows at once may have been on its way before. */
  const lounge = () => discord.setRestricted('lounge', !discord.world.channel('lounge').nsfw);
  const review = () => discord.setPublic('review', discord.world.channel('review').moderatorsOnly);
  const switches: readonly (() => unknown)[] = [
    lounge,
    lounge,
    review,
    review,
    () => (random() < 0.5 ? discord.deny('review', 'ATTACH_FILES') : discord.allow('review')),
    () => change(lab, { reviewChannel: random() < 0.7 ? discord.world.channel('review').id : '1' }),
  ];
  const acts: readonly (() => unknown)[] = [
    () => change(lab, { flaggedRestricted: pick(['spoiler', 'post']) ?? 'post' }),
    () => runflow.standIn.fault({ ...downloadOutput, kind: 'answer', status: 503, times: 6 }),
    () => discord.standIn.fault(pick(faults) ?? { path: /^$/, kind: 'reset' }),
    () => discord.expireToken(pick(edits) ?? edit()),
    decide,
    decide,
    decide,
  ];

  function edit(): Interaction {
    const channel = pick(places) ?? 'lounge';
    const kind = random() < 0.8 ? ' [flagged]' : '';
    const user = random() < 0.5 ? 'mia' : 'noah';
    const asked = discord.slash({ user, channel }, 'edit', { image: stamp, prompt: `blur ${edits.length}${kind}` });
    edits.push(asked);
    return asked;
  }

  return { edits, edit, act: () => pick(acts)?.(), switch: () => pick(switches)?.() };
}

async function readOpen(lab: Lab): Promise<Edit[]> {
  const store = createSqliteStore(storePath(lab));
  try {
    const inTenYears = Date.now() + 3_650 * 24 * hourMs;
    return (await createRecords(store, 1_000).due(inTenYears, undefined, 10_000)).map(({ edit }) => edit);
  } finally {
    await store.close();
  }
}

/** Only time or a moderator goes on with it: a card waits for a decision, or for the end of the time to undo one. */
function isQuiet(edit: Edit): boolean {
  if (edit.state === 'held') return edit.review.card !== undefined && edit.owed === undefined;
  return edit.owed?.every((duty) => duty.kind === 'close-card' && duty.dueAt > Date.now()) === true;
}

it.each(seeds)(
  'nothing leaks, hangs or stands twice while channels are switched (seed %i)',
  async (seed) => {
    const random = createRandom(seed);
    const lab = await createModeratedLab(
      { flaggedRestricted: 'spoiler' },
      { closeMyself: true, runflow: { runMs: [20, 500] } },
    );
    const people = createPeople(lab, random);
    try {
      for (let step = 0; step < 300; step += 1) {
        if (random() < 0.3) people.edit();
        else await people.act();
        if (step % 50 === 0) await people.switch();
        await pause(random() * 60);
      }
      // Everything is put right, and then everybody waits.
      lab.discord.standIn.clearFaults();
      lab.discord.setPublic('review', false);
      lab.discord.allow('review');
      await change(lab, { reviewChannel: lab.discord.world.channel('review').id });
      // Dozens of cards wait by now, and the pictures of each are looked at in a process of their own, one after the other.
      const end = Date.now() + 60_000;
      while (Date.now() < end && !(await readOpen(lab)).every(isQuiet)) await pause(200);
      expect((await readOpen(lab)).filter((edit) => !isQuiet(edit)).map(({ id, state }) => `${id} ${state}`)).toEqual(
        [],
      );
      const shown = places.flatMap((place) => lab.discord.messages(place));
      const withPicture = (message: Message, id: string) =>
        message.attachments.some(({ filename }) => filename.includes(`darkroom-${id}-`));
      for (const { id } of people.edits) {
        expect(shown.filter((message) => withPicture(message, id)).length, id).toBeLessThanOrEqual(1);
      }
      const cards = lab.discord.messages('review').filter(({ attachments }) => attachments.length > 0);
      expect(cards.length).toBeGreaterThan(10);
      expect(new Set(cards.flatMap(controls)).size).toBeGreaterThan(1);
    } finally {
      await lab.close();
    }
  },
  120_000,
);
