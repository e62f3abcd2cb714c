// /review queue as a moderator works through it: one private panel, one case at a time, gently.
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import type { Message } from '../../sandbox/discord/discord.ts';
import { at, mia, noah, otto, privateReply, privateText, vera } from '../support.ts';
import { holdMany, openQueue, press, settle, shownIn, write } from './queue.ts';
import {
  cardsOf,
  controls,
  createModeratedLab,
  directMessages,
  picturesIn,
  pressCard,
  readActions,
  reportPicture,
} from './review-cards.ts';

const channelsOf = async ({ attachments }: Message) =>
  Promise.all(attachments.map(async ({ bytes }) => (await sharp(bytes).metadata()).channels));

describe('/review queue', () => {
  it('works through twenty cases with at most 25 presses, each answered within a second', async () => {
    const lab = await createModeratedLab({}, { runflow: { runMs: 5 } });
    const edits = await holdMany(lab, 20, (index) => (index % 4 === 0 ? noah : mia));
    let panel = await openQueue(lab);
    const waits: number[] = [];
    const seen: string[] = [];
    for (let number = 1; number <= 20; number += 1) {
      expect(panel.content).toContain(`**${number} of 20**`);
      seen.push(shownIn(panel));
      const how = number % 5;
      const next =
        how === 0
          ? await press(lab, panel, /^queue-because:/, vera, ['nsfw'])
          : await press(lab, panel, how === 1 ? /^queue-decide:approved-spoiler:/ : /^queue-decide:approved:/);
      waits.push(next.tookMs);
      panel = next.panel;
    }
    expect(new Set(seen)).toEqual(new Set(edits.map(({ id }) => id)));
    expect(waits.length).toBeLessThanOrEqual(25);
    expect(Math.max(...waits)).toBeLessThan(1_000);
    expect(panel.content).toContain('Nothing is waiting for a moderator.');
    const actions = await readActions(lab);
    expect(actions.filter((one) => one === 'vera rejected')).toHaveLength(4);
    expect(actions.filter((one) => one === 'vera approved-spoiler')).toHaveLength(4);
    expect(actions.filter((one) => one === 'vera approved')).toHaveLength(12);
    // The cards in the channel follow.
    await lab.until(
      'the cards',
      () => edits.every(({ id }) => cardsOf(lab, id)[0]?.content.includes('** · <@')),
      60_000,
    );
    await lab.until('the pictures', () => picturesIn(lab, 'general').length === 16);
  }, 120_000);

  it('shows what the card says, its place and its link, and no colour before it is asked for', async () => {
    const lab = await createModeratedLab();
    await lab.edit('blur [flagged]').replied();
    const [edit] = await holdMany(lab, 1);
    const before = lab.discord.standIn.requests.length;
    let panel = await openQueue(lab);
    const card = cardsOf(lab, shownIn(panel))[0];
    expect(panel.content).toContain('**1 of 2**');
    expect(panel.content).toContain(`/${card?.channelId}/${card?.id})`);
    expect(panel.content).toContain('**Flagged result**');
    expect(panel.content).toContain('> blur');
    expect(panel.content).toMatch(/<@\d+> · <#\d+> · <t:\d+:f>/);
    expect(panel.content).toContain('other edits of this member: 1 held back');
    expect(controls(panel)).toEqual(expect.arrayContaining(['Approve', 'Approve as spoiler', 'Reject', 'Skip']));
    await lab.until('the preview', () => panel.attachments.length > 0);
    expect(await channelsOf(panel)).toEqual([1]);
    expect((await sharp(panel.attachments[0]?.bytes).metadata()).width).toBeLessThanOrEqual(160);
    panel = (await press(lab, panel, /^queue-reveal:grey:/)).panel;
    await lab.until('grey', () => panel.attachments.length === 2);
    expect(await channelsOf(panel)).toEqual([1, 1]);
    expect(panel.attachments.map(({ filename }) => filename)).toEqual(['result-1.jpg', 'source-2.jpg']);
    expect(panel.content).toContain('First the result, last the picture that was edited.');
    // Every file that left for the panel so far, looked at byte by byte.
    const sent = lab.discord.standIn.requests.slice(before).flatMap(({ files }) => files);
    expect(sent.length).toBeGreaterThan(1);
    for (const { bytes } of sent) expect((await sharp(bytes).metadata()).channels).toBe(1);
    panel = (await press(lab, panel, /^queue-reveal:colour:/)).panel;
    await lab.until('colour', () => panel.attachments.length === 2);
    expect(await channelsOf(panel)).toEqual([3, 3]);
    expect(controls(panel).filter((label) => label.startsWith('Reveal'))).toEqual([]);
    // The next one begins behind its veil again.
    panel = (await press(lab, panel, /^queue-skip:/)).panel;
    expect(shownIn(panel)).toBe(edit?.id);
    await lab.until('the preview', () => panel.attachments.length === 1);
    expect(await channelsOf(panel)).toEqual([1]);
  });

  it('shows parts: by kind, contested, by member, chosen in the command or in the panel', async () => {
    const lab = await createModeratedLab();
    const edits = await holdMany(lab, 3, (index) => (index === 1 ? noah : mia));
    const [first, second, third] = edits.map(({ id }) => id);
    const ofNoah = await openQueue(lab, vera, { member: { user: 'noah' } });
    expect(ofNoah.content).toContain('**1 of 1**');
    expect(shownIn(ofNoah)).toBe(second);
    let panel = (await press(lab, ofNoah, /^queue-show:/, vera, ['everybody'])).panel;
    expect(panel.content).toContain('**1 of 3**');
    expect(shownIn(panel)).toBe(first);
    panel = (await press(lab, panel, /^queue-show:/, vera, ['member'])).panel;
    expect(panel.content).toContain('**1 of 2**');
    panel = (await press(lab, panel, /^queue-show:/, vera, ['report'])).panel;
    expect(panel.content).toContain('Nothing of that kind is waiting for a moderator.');
    const [card] = cardsOf(lab, third ?? '');
    if (!card) throw new Error('no card');
    await pressCard(lab, otto, card, 'review-reject');
    await lab.until('the note', () => lab.discord.messages('dm-mia').length > 0);
    expect(await pressCard(lab, at(mia, 'dm'), lab.discord.messages('dm-mia')[0] ?? card, 'contest')).toContain(
      'asked',
    );
    const contested = await openQueue(lab, vera, { only: 'contested' });
    expect(contested.content).toContain('**1 of 1**');
    expect(contested.content).toContain('asked for another look');
    expect(shownIn(contested)).toBe(third);
  });

  it('keeps a reported picture or takes it down, with a reason that its requester reads', async () => {
    const lab = await createModeratedLab();
    for (const index of [0, 1]) {
      const reply = await lab.edit(`sepia ${index}`).replied();
      await lab.until('posted', () => lab.logs.filter(({ msg }) => msg === 'edit delivered').length > index);
      await reportPicture(lab, noah, reply.id);
    }
    await lab.until('the cards', () => lab.discord.messages('review').length === 2);
    let panel = await openQueue(lab, vera, { only: 'report' });
    expect(controls(panel)).toEqual(expect.arrayContaining(['Take down', 'Keep', 'Skip']));
    panel = (await press(lab, panel, /^queue-decide:kept:/)).panel;
    expect(panel.content).toContain('Kept.');
    panel = await write(lab, panel, /^queue-write:/, { reason: 'rules', note: 'No logos.' });
    expect(panel.content).toContain('Nothing of that kind is waiting');
    await lab.until('gone', () => picturesIn(lab, 'general').length === 1);
    await lab.until('told', () => directMessages(lab, 'mia').length > 0);
    expect(directMessages(lab, 'mia')[0]).toContain('No logos.');
  });

  it('rejects everything of a member with one reason', async () => {
    const lab = await createModeratedLab({}, { runflow: { runMs: 5 } });
    const edits = await holdMany(lab, 5, (index) => (index === 2 ? noah : mia));
    const panel = await openQueue(lab);
    expect(controls(panel)).toContain('Reject all 4 of this member');
    const after = await write(lab, panel, /^queue-reject-all:/, { reason: 'nsfw' });
    expect(after.content).toMatch(/Rejected 4 results of <@\d+>\./);
    expect(shownIn(after)).toBe(edits[2]?.id);
    expect((await readActions(lab)).filter((one) => one === 'vera rejected')).toHaveLength(4);
  });

  it('says why something cannot be decided, and stays where it is', async () => {
    const lab = await createModeratedLab();
    await holdMany(lab, 1, () => at(vera, 'general'));
    await holdMany(lab, 1);
    let panel = await openQueue(lab);
    const own = shownIn(panel);
    panel = (await press(lab, panel, /^queue-decide:approved:/)).panel;
    expect(panel.content).toContain('Somebody else has to decide about your own edit.');
    expect(shownIn(panel)).toBe(own);
    const [card] = cardsOf(lab, own);
    if (!card) throw new Error('no card');
    await pressCard(lab, otto, card, 'review-approve');
    panel = (await press(lab, panel, /^queue-because:/, vera, ['none'])).panel;
    expect(panel.content).toMatch(/There is nothing to decide here any more|Too late/);
    expect(shownIn(panel)).not.toBe(own);
  });

  it('answers in time when the pictures do not come, and shows them when they do', async () => {
    const lab = await createModeratedLab();
    await holdMany(lab, 1);
    lab.discord.standIn.fault({ path: /\/attachments\//, kind: 'delay', ms: 1_500, times: 1 });
    const panel = await openQueue(lab);
    expect(panel.content).toContain('The picture is on its way.');
    expect(panel.attachments).toEqual([]);
    await lab.until('the picture', () => panel.attachments.length === 1);
    expect(panel.content).toContain('A small, grey, blurred preview.');
  });

  it('works after a restart, and for moderators only', async () => {
    const lab = await createModeratedLab();
    await holdMany(lab, 2);
    const panel = await openQueue(lab);
    await settle(lab, panel);
    await lab.stop();
    await lab.start();
    const after = await press(lab, panel, /^queue-decide:approved:/);
    expect(after.panel.content).toContain('**2 of 2**');
    const role = lab.discord.world.roles.find(({ name }) => name === 'Moderators');
    if (!role) throw new Error('no role');
    const { permissions } = role;
    role.permissions = 0n;
    try {
      await lab.stop();
      await lab.start();
      lab.discord.press(vera, panel.id, /^queue-decide:approved:/);
      await lab.until('the refusal', () =>
        lab.discord.visible('review', 'vera').some(({ content }) => content.startsWith('That is for moderators')),
      );
    } finally {
      role.permissions = permissions;
    }
    expect((await readActions(lab)).filter((one) => one === 'vera approved')).toHaveLength(1);
  });
});

describe('two moderators at once', () => {
  it('see different cases, and the card says who looks at it, as long as somebody does', async () => {
    const lab = await createModeratedLab();
    const [first, second] = await holdMany(lab, 2);
    const panels = [await openQueue(lab), await openQueue(lab, otto)] as const;
    const shown = panels.map(shownIn);
    expect(new Set(shown)).toEqual(new Set([first?.id, second?.id]));
    const [card] = cardsOf(lab, shown[0] ?? '');
    if (!card) throw new Error('no card');
    await lab.until('a name on the card', () => card.content.includes('is looking at this (until '));
    // Who opens a modal there is told who else is at it; a decision is taken all the same.
    const refused = lab.discord.press(otto, card.id, /^review-reject:/);
    expect(await privateText(refused)).toMatch(/^<@\d+> is looking at this, until <t:\d+:R> at most\./);
    const after = await press(lab, panels[0], /^queue-skip:/);
    expect(after.panel.content).toContain('You are through. 2 are still waiting');
    await lab.until('no name on the card', () => !card.content.includes('is looking at this'));
    expect(shownIn((await press(lab, panels[1], /^queue-stop:/, otto)).panel)).toBe('');
    expect(panels[1].content).toBe('Stopped. What you had open is free for others.');
    const again = await press(lab, after.panel, /^queue-skip:/);
    expect(again.panel.content).toContain('**1 of 2**');
  });

  it('an open modal on a card keeps the case from the other', async () => {
    const lab = await createModeratedLab();
    const [held] = await holdMany(lab, 1);
    const [card] = cardsOf(lab, held?.id ?? '');
    if (!card) throw new Error('no card');
    await lab.discord.press(otto, card.id, /^review-reject:/).acknowledged;
    expect((await openQueue(lab)).content).toContain('You are through. One is still waiting');
  });
});

describe('notes for the other moderators', () => {
  it('on a case stand on its card, on a member with each of their cases, and members see neither', async () => {
    const lab = await createModeratedLab();
    const [held] = await holdMany(lab, 2);
    const id = held?.id ?? '';
    let panel = await openQueue(lab);
    expect(shownIn(panel)).toBe(id);
    panel = await write(lab, panel, /^queue-note:/, { note: 'looks *staged*\nto me', about: 'case' });
    expect(panel.content).toContain('Noted.');
    expect(shownIn(panel)).toBe(id);
    const line = /-# note by <@\d+>: looks \\\*staged\\\* to me/;
    expect(panel.content).toMatch(line);
    await lab.until('the card', () => line.test(cardsOf(lab, id)[0]?.content ?? ''));
    panel = await write(lab, panel, /^queue-note:/, { note: 'third time this week', about: 'member' });
    panel = (await press(lab, panel, /^queue-skip:/)).panel;
    expect(panel.content).toMatch(/-# note about this member by <@\d+>: third time this week/);
    expect(panel.content).not.toContain('staged');
    const known = await privateReply(lab.discord.slash(vera, 'review', { member: { user: 'mia' } }, 'member'));
    expect(known.content).toMatch(/-# note by <@\d+> <t:\d+:R>: third time this week/);
    const noted = await write(lab, known, /^member-note:/, { note: 'spoke with her' });
    expect(noted.content).toContain('spoke with her');
    const refused = lab.discord.press(vera, noted.id, /^member-note:/);
    await refused.acknowledged;
    await lab.discord.submit(vera, refused, { note: '\u200b' }).acknowledged;
    await lab.until('the refusal', () =>
      lab.discord.visible('review', 'vera').some(({ content }) => content === 'There is nothing to read in that note.'),
    );
    // Decided and closed, the card keeps it; nobody else was told.
    await press(lab, panel, /^queue-decide:approved:/);
    for (const { content } of [...lab.discord.visible('general', 'mia'), ...lab.discord.messages('dm-mia')]) {
      expect(content).not.toMatch(/staged|third time|spoke with/);
    }
  });
});
