// Who may decide, and who was first: races, an open modal, restarts and crashes in the middle, presses by others.

import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import type { BotProcess } from '../../sandbox/bot.ts';
import type { Moment } from '../../src/edit/step.ts';
import { startBotProcess } from '../faults/own-lab.ts';
import type { Lab } from '../lab.ts';
import { at, mia, noah, otto, privateText, vera, type Who } from '../support.ts';
import {
  card as cardOf,
  change,
  controls,
  createModeratedLab,
  directMessages,
  holdOne,
  picturesIn,
  pressCard,
  readActions,
  reject,
  untilLogged,
} from './review-cards.ts';

const tooLate = /^Too late: (approved|rejected|approved as spoiler) by <@\d+> <t:\d+:R>\.$/;

describe('two moderators on one card', () => {
  it('the first wins and the other is told who was first: a hundred rounds', async () => {
    const lab = await createModeratedLab({}, { runflow: { runMs: 5 } });
    const bytes = await sharp({ create: { width: 64, height: 64, channels: 3, background: '#204060' } })
      .png()
      .toBuffer();
    const image = { name: 'tiny.png', type: 'image/png', bytes, width: 64, height: 64 };
    const wins = { vera: 0, otto: 0 };
    const waits: number[] = [];
    for (let batch = 0; batch < 10; batch += 1) {
      const held = await Promise.all(
        Array.from({ length: 10 }, async () => {
          const edit = lab.discord.slash(mia, 'edit', { image, prompt: 'blur [flagged]' });
          return { edit, card: await cardOf(lab, edit.id) };
        }),
      );
      const both = held.map(({ card }, index) => {
        const people: [Who, Who] = index % 2 ? [vera, otto] : [otto, vera];
        const presses = people.map((who, order) => lab.discord.press(who, card.id, buttons[(index + order) % 2] ?? ''));
        return { card, people, presses };
      });
      for (const { card, people, presses } of both) {
        const answers = await Promise.all(presses.map(privateText));
        for (const { acknowledged } of presses) waits.push((await acknowledged).tookMs);
        expect(answers.filter((text) => tooLate.test(text))).toHaveLength(1);
        const winner = people[answers.findIndex((text) => !tooLate.test(text))]?.user === 'vera' ? 'vera' : 'otto';
        wins[winner] += 1;
        const { id } = lab.discord.world.user(winner);
        expect(answers.join()).toContain(`by <@${id}>`);
        await lab.until('the outcome', () => card.content.includes(`· <@${id}> ·`));
      }
    }
    expect(wins.vera + wins.otto).toBe(100);
    expect(Math.max(...waits)).toBeLessThan(2_000);
    const approvals = (await readActions(lab)).filter((action) => action.includes('approved'));
    expect(approvals).toHaveLength(100);
    await lab.until('all pictures', () => picturesIn(lab, 'general').length === 100);
  }, 60_000);

  const buttons = [/^review-approve:/, /^review-spoiler:/];

  it('the one with an open modal is told that it was decided meanwhile', async () => {
    const lab = await createModeratedLab();
    const { edit, card } = await holdOne(lab);
    const shown = lab.discord.press(vera, card.id, /^review-reject:/);
    await shown.acknowledged;
    await pressCard(lab, otto, card, 'review-approve');
    const late = lab.discord.submit(vera, shown, { reason: 'nsfw' });
    expect(await privateText(late)).toMatch(tooLate);
    await untilLogged(lab, edit.id, 'bot held', 'otto approved');
    expect(directMessages(lab, 'mia')).toEqual([]);
  });

  it('a press is acknowledged at once while the edit is busy, and answered when it is not', async () => {
    const lab = await createModeratedLab();
    const { id } = lab.discord.world.channel('general');
    const { edit, card } = await holdOne(lab);
    lab.discord.expireToken(edit);
    lab.discord.standIn.fault({
      method: 'POST',
      path: new RegExp(`/channels/${id}/messages$`),
      kind: 'delay',
      ms: 600,
    });
    await pressCard(lab, vera, card, 'review-approve');
    await lab.discord.standIn.request(({ method, path }) => method === 'POST' && path.endsWith(`/${id}/messages`));
    const second = lab.discord.press(otto, card.id, /^review-/);
    expect((await second.acknowledged).tookMs).toBeLessThan(500);
    expect(await privateText(second)).toMatch(/^Only <@\d+>, who decided, can|^Too late/);
  });
});

describe('who may decide', () => {
  it('nobody without rights, whatever they press', async () => {
    const lab = await createModeratedLab();
    const { edit, card } = await holdOne(lab);
    // As if the review channel had been opened to everybody.
    lab.discord.world.channel('review').moderatorsOnly = false;
    try {
      const intruder = at(noah, 'review');
      for (const button of ['review-approve', 'review-spoiler', 'review-reject']) {
        expect(await pressCard(lab, intruder, card, button)).toBe('Only moderators of this server can do that.');
      }
      const timeOut = lab.discord.press(intruder, card.id, /^review-time-out:/, ['1']);
      expect(await privateText(timeOut)).toBe('Only moderators of this server can do that.');
      await pressCard(lab, vera, card, 'review-approve');
      await lab.until('undo', () => controls(card).length === 1);
      expect(await pressCard(lab, intruder, card, 'review-undo')).toBe('Only moderators of this server can do that.');
    } finally {
      lab.discord.world.channel('review').moderatorsOnly = true;
    }
    await untilLogged(lab, edit.id, 'bot held', 'vera approved');
  });

  it('the moderators’ role, also without Manage Messages, from the moment it is set', async () => {
    const lab = await createModeratedLab();
    const { edit, card } = await holdOne(lab);
    const role = lab.discord.world.roles.find(({ name }) => name === 'Moderators');
    if (!role) throw new Error('no role');
    const { permissions } = role;
    role.permissions = 0n;
    try {
      await lab.stop();
      await lab.start();
      expect(await pressCard(lab, vera, card, 'review-approve')).toBe('Only moderators of this server can do that.');
      await change(lab, { moderatorRole: role.id });
      expect(await pressCard(lab, vera, card, 'review-approve')).toBe('Approved.');
    } finally {
      role.permissions = permissions;
    }
    await untilLogged(lab, edit.id, 'bot held', 'vera approved');
  });

  it('not about one’s own edit, but to reject it, unless the server allows that', async () => {
    const lab = await createModeratedLab();
    const own = at(vera, 'general');
    const first = await holdOne(lab, 'blur [flagged]', own);
    expect(await pressCard(lab, vera, first.card, 'review-approve')).toBe(
      'Somebody else has to decide about your own edit.',
    );
    expect(await pressCard(lab, vera, first.card, 'review-spoiler')).toBe(
      'Somebody else has to decide about your own edit.',
    );
    expect(await reject(lab, vera, first.card, {})).toBe('Rejected.');
    await change(lab, { selfApproval: true });
    const second = await holdOne(lab, 'sepia [flagged]', own);
    expect(await pressCard(lab, vera, second.card, 'review-approve')).toBe('Approved.');
    await lab.until('the picture', () => picturesIn(lab, 'general').length === 1);
  });
});

describe('a restart', () => {
  it('right after a press loses nothing: the picture is posted once', async () => {
    const lab = await createModeratedLab();
    for (let round = 0; round < 5; round += 1) {
      const { edit, card } = await holdOne(lab, `blur ${round} [flagged]`);
      const pressed = lab.discord.press(vera, card.id, /^review-approve:/);
      await pressed.acknowledged;
      await lab.stop();
      await lab.start();
      if (!(await readActions(lab, edit.id)).includes('vera approved') && controls(card).length > 1) {
        // It came too late for the old process, which said so by answering nothing: pressed again.
        await pressCard(lab, vera, card, 'review-approve').catch(() => '');
      }
      await lab.until('the picture', () => picturesIn(lab, 'general').length === round + 1);
      await untilLogged(lab, edit.id, 'bot held', 'vera approved');
    }
  });

  const begin = async (lab: Lab, crashAt?: Moment): Promise<BotProcess> => {
    const bot = startBotProcess(lab.env, 500, crashAt);
    await bot.ready();
    return bot;
  };

  it.each([
    ['settled', false, 'before it is held'],
    ['posted', false, 'after the approved picture was posted'],
    ['posted', true, 'after it was posted in a new message'],
  ] as const)('after kill -9 (%s, token expired: %s): %s', async (moment, expired, _what) => {
    const lab = await createModeratedLab({}, { idle: true });
    const bots = [await begin(lab, moment)];
    const died = () => lab.until('the crash', () => bots[0]?.child.signalCode === 'SIGKILL');
    try {
      const edit = lab.edit('blur [flagged]');
      if (moment === 'settled') {
        await died();
        bots.push(await begin(lab));
      }
      const card = await cardOf(lab, edit.id);
      if (expired) lab.discord.expireToken(edit);
      await lab.until(
        'ready to be decided',
        () => edit.original()?.content === 'This result is waiting for a moderator.',
      );
      await pressCard(lab, vera, card, 'review-approve').catch(() => '');
      if (moment !== 'settled') {
        await died();
        bots.push(await begin(lab));
      }
      await untilLogged(lab, edit.id, 'bot held', 'vera approved');
      await lab.until('the picture alone', () => {
        return picturesIn(lab, 'general').length === 1 && lab.discord.messages('general').length === 1;
      });
      const last = bots.at(-1);
      await last?.line(({ msg, edit: id }) => msg === 'edit delivered' && id === edit.id);
      expect(picturesIn(lab, 'general')).toHaveLength(1);
      expect(lab.discord.messages('review').filter(({ attachments }) => attachments.length > 0)).toHaveLength(1);
    } finally {
      await Promise.all(bots.map((bot) => bot.stop('SIGKILL')));
    }
  });
});
