// The buttons under a result, with which people go on from it: pressed by others, after a restart, in every kind of place,
// on several pictures, and where nothing may be made of it any more.
import { describe, expect, it } from 'vitest';
import type { Interaction, Message } from '../../sandbox/discord/discord.ts';
import { createLab, type Lab, rocket, stamp } from '../lab.ts';
import { askToDelete, at, mia, noah, privateText, vera, type Who } from '../support.ts';
import { card as cardOf, controls, createModeratedLab, pressCard, reportPicture } from './review-cards.ts';

const stamped = (lab: Lab, prompt: string, more: Record<string, string | number | boolean> = {}, by: Who = mia) =>
  lab.discord.slash(by, 'edit', { image: stamp, prompt, ...more });
const covered = ({ attachments }: Pick<Message, 'attachments'>) => attachments.map(({ spoiler }) => spoiler);

/** Presses a button under a result that answers with a modal. */
async function open(lab: Lab, by: Who, result: Message, button: string): Promise<Interaction> {
  const pressed = lab.discord.press(by, result.id, new RegExp(`^${button}:`));
  expect((await pressed.acknowledged).type, 'a modal').toBe(9);
  return pressed;
}

/** What a modal has filled in, by the name of each field. */
function filledIn({ modal }: Interaction): Record<string, unknown> {
  const fields = (modal?.components ?? []).map(({ component }) => component);
  return Object.fromEntries(
    fields.map((field) => [
      field?.custom_id,
      field?.options ? field.options.filter((option) => option.default).map(({ value }) => value) : field?.value,
    ]),
  );
}

describe('the row under a result', () => {
  it('offers four ways on, in that order', async () => {
    const lab = await createLab();
    const result = await stamped(lab, 'sepia').replied();
    expect(controls(result)).toEqual(['Edit further', 'Change', 'Again', 'More…']);
    const panel = await lab.discord.press(noah, result.id, /^more:/).replied();
    expect(panel.ephemeralFor).toBe(lab.discord.world.user('noah').id);
    expect(controls(panel)).toEqual(['Details', 'Spoiler', 'Delete']);
  });
});

describe('Edit further', () => {
  it('edits the result itself, for whoever presses, after a restart while the modal was open', async () => {
    const lab = await createLab();
    const result = await stamped(lab, 'sepia', { seed: 7, steps: 6 }).replied();
    const modal = await open(lab, noah, result, 'further');
    await lab.stop();
    await lab.start();
    const next = await lab.discord.submit(noah, modal, { prompt: 'now make it night' }).replied();
    expect(next.attachments).toHaveLength(1);
    const { input, metadata } = lab.runs()[1] ?? {};
    expect(input).toEqual({ prompt: 'now make it night', image_urls: [expect.stringContaining('/darkroom-')] });
    expect(metadata?.user_id).toBe(lab.discord.world.user('noah').id);
    // And on from there.
    const third = await lab.discord
      .submit(mia, await open(lab, mia, next, 'further'), { prompt: 'add rain' })
      .replied();
    expect(third.attachments).toHaveLength(1);
  });

  it('takes one picture of several, numbered as they are shown, and nothing in silence', async () => {
    const lab = await createLab();
    const result = await stamped(lab, 'sepia', { count: 3 }).replied();
    const modal = await open(lab, mia, result, 'further');
    expect(filledIn(modal)).toEqual({ prompt: undefined, picture: ['0'] });
    const options = modal.modal?.components.flatMap(({ component }) => component?.options ?? []);
    expect(options?.map(({ label }) => label)).toEqual(['Picture 1', 'Picture 2', 'Picture 3']);
    await lab.discord.submit(mia, modal, { prompt: 'blur', picture: ['2'] }).replied();
    expect(lab.runs()[1]?.input.image_urls).toEqual([expect.stringMatching(/-3\.png/)]);
  });

  it.each(['lounge', 'general-thread', 'dm'])('works in %s', async (channel) => {
    const lab = await createLab();
    const result = await stamped(lab, 'sepia', {}, at(mia, channel)).replied();
    const modal = await open(lab, at(mia, channel), result, 'further');
    const next = await lab.discord.submit(at(mia, channel), modal, { prompt: 'blur' }).replied();
    expect(next.attachments).toHaveLength(1);
    expect(next.channelId).toBe(result.channelId);
  });

  it('inherits the cover that the picture has by then', async () => {
    const lab = await createLab();
    const result = await stamped(lab, 'sepia', { count: 2 }).replied();
    const panel = await lab.discord.press(mia, result.id, /^more:/).replied();
    const chosen = lab.discord.press(mia, panel.id, /^more-picture:/, ['1']);
    await chosen.until(({ content }) => content.includes('picture 2'));
    const pressed = lab.discord.press(mia, panel.id, /^cover:/);
    await pressed.until(({ content }) => content.includes('is a spoiler now'));
    for (const [picture, expected] of [
      ['0', false],
      ['1', true],
    ] as const) {
      const modal = await open(lab, mia, result, 'further');
      const next = await lab.discord.submit(mia, modal, { prompt: 'blur', picture: [picture] }).replied();
      expect(covered(next)).toEqual([expected]);
    }
  });
});

describe('Change', () => {
  it('has prompt, size and seed filled in, and asks for the same original', async () => {
    const lab = await createLab();
    const result = await stamped(lab, 'sepia', { seed: 7, steps: 6, size: 'square', format: 'webp' }).replied();
    await lab.stop();
    await lab.start();
    const modal = await open(lab, noah, result, 'change');
    expect(filledIn(modal)).toEqual({ prompt: 'sepia', size: ['square'], seed: '7' });
    await lab.discord.submit(noah, modal, { prompt: ' blur ', size: ['same'], seed: '' }).replied();
    const [first, second] = lab.runs();
    const { seed: _seed, image_size: _size, ...kept } = first?.input ?? { prompt: '' };
    expect(second?.input).toEqual({ ...kept, prompt: 'blur' });
    const again = await open(lab, noah, result, 'change');
    await lab.discord.submit(noah, again, { size: ['landscape_4_3'], seed: '-12' }).replied();
    expect(lab.runs()[2]?.input).toEqual({ ...first?.input, image_size: 'landscape_4_3', seed: -12 });
  });

  it('fills in the seed that was drawn, and says when another is none', async () => {
    const lab = await createLab();
    const result = await stamped(lab, 'sepia').replied();
    const drawn = /seed (\d+)/.exec(result.content)?.[1];
    expect(drawn).toBeDefined();
    const modal = await open(lab, mia, result, 'change');
    expect(filledIn(modal).seed).toBe(drawn);
    for (const seed of ['1.5', 'seven', '9'.repeat(20)]) {
      expect(await privateText(lab.discord.submit(mia, modal, { seed }))).toContain('has to be a whole number');
    }
    expect(await privateText(lab.discord.submit(mia, modal, { prompt: '\u200b' }))).toContain('the prompt is empty');
    expect(lab.runs()).toHaveLength(1);
  });

  it('keeps what binds the first edit: the cover of its source, and the safety check', async () => {
    const lab = await createModeratedLab();
    const source = { ...stamp, spoiler: true };
    const first = await lab.discord.slash(mia, 'edit', { image: source, prompt: 'sepia' }).replied();
    const modal = await open(lab, mia, first, 'change');
    expect(covered(await lab.discord.submit(mia, modal, { prompt: 'blur' }).replied())).toEqual([true]);

    const unsafe = lab.discord.slash(at(vera, 'lounge'), 'edit', { image: rocket, prompt: 'blur', safety: false });
    const result = await unsafe.until(({ attachments }) => attachments.length > 0);
    const by = at(mia, 'lounge');
    const change = await open(lab, by, result, 'change');
    expect(await privateText(lab.discord.submit(by, change, {}))).toContain('Only moderators can switch');
  });
});

describe('moderation', () => {
  it('binds every button: the prompt list, and a time-out', async () => {
    const lab = await createModeratedLab({ blocklist: ['forbidden'] });
    const result = await stamped(lab, 'sepia').replied();
    for (const button of ['further', 'change']) {
      const modal = await open(lab, noah, result, button);
      expect(await privateText(lab.discord.submit(noah, modal, { prompt: 'forbidden fruit' }))).toContain('forbidden');
    }
    const noahs = lab.edit('blur [flagged]', {}, noah);
    const timeOut = lab.discord.press(vera, (await cardOf(lab, noahs.id)).id, /^review-time-out:/, ['1']);
    await timeOut.replied();
    for (const button of ['further', 'change']) {
      const modal = await open(lab, noah, result, button);
      expect(await privateText(lab.discord.submit(noah, modal, { prompt: 'blur' }))).toContain('paused your edits');
    }
    expect(lab.runs()).toHaveLength(2);
  });

  it('leaves nothing to go on from where a picture has to come down', async () => {
    const lab = await createModeratedLab();
    const edit = stamped(lab, 'sepia');
    const result = await edit.until(({ attachments }) => attachments.length > 0);
    const waiting = await open(lab, noah, result, 'further');
    await reportPicture(lab, noah, result.id);
    const allow = lab.discord.standIn.fault({
      method: 'DELETE',
      path: new RegExp(`/messages/${result.id}$`),
      kind: 'answer',
      status: 503,
      times: 1_000,
    });
    await pressCard(lab, vera, await cardOf(lab, edit.id), 'review-take-down');
    const refused = "isn't shown any more";
    for (const button of ['further', 'change', 'again']) {
      expect(await privateText(lab.discord.press(noah, result.id, new RegExp(`^${button}:`)))).toContain(refused);
    }
    expect(await privateText(lab.discord.submit(noah, waiting, { prompt: 'blur' }))).toContain(refused);
    const panel = await lab.discord.press(noah, result.id, /^more:/).replied();
    expect(controls(panel)).toEqual(['Delete']);
    expect(lab.runs()).toHaveLength(1);
    allow();
  });
});

describe('Spoiler and Show', () => {
  const press = async (lab: Lab, by: Who, result: Message, button: 'cover' | 'show') => {
    const panel = await lab.discord.press(by, result.id, /^more:/).replied();
    const pressed = lab.discord.press(by, panel.id, new RegExp(`^${button}:`));
    await lab.until('an answer', () => pressed.followups().length > 0 || /now\.$/.test(panel.content));
    return pressed.followups()[0]?.content ?? panel.content;
  };

  it('are for the requester and for moderators, and upload nothing', async () => {
    const lab = await createModeratedLab();
    const result = await stamped(lab, 'sepia').replied();
    const sent = lab.discord.standIn.requests.length;
    expect(await press(lab, noah, result, 'cover')).toContain('Only the person who asked');
    expect(await press(lab, mia, result, 'cover')).toBe('The picture is a spoiler now.');
    expect(covered(result)).toEqual([true]);
    await lab.stop();
    await lab.start();
    expect(await press(lab, mia, result, 'show')).toBe('The picture is shown now.');
    expect(covered(result)).toEqual([false]);
    expect(await press(lab, at(vera, 'general'), result, 'cover')).toBe('The picture is a spoiler now.');
    expect(await press(lab, mia, result, 'show'), 'what a moderator covered').toContain('Only a moderator');
    expect(covered(result)).toEqual([true]);
    expect(await press(lab, at(vera, 'general'), result, 'show')).toBe('The picture is shown now.');
    const changes = lab.discord.standIn.requests.slice(sent).filter(({ path }) => path.endsWith(`/${result.id}`));
    expect(changes.filter(({ method }) => method === 'PATCH')).toHaveLength(4);
    expect(changes.flatMap(({ files }) => files)).toEqual([]);
  });

  it('do not let a requester undo what the rules or the source covered', async () => {
    const lab = await createModeratedLab({ unchecked: 'spoiler' });
    const byRule = await stamped(lab, 'sepia [unchecked]').replied();
    expect(covered(byRule)).toEqual([true]);
    const source = { ...stamp, spoiler: true };
    const bySource = await lab.discord.slash(mia, 'edit', { image: source, prompt: 'sepia' }).replied();
    for (const result of [byRule, bySource]) {
      expect(await press(lab, mia, result, 'show')).toContain('Only a moderator');
      expect(covered(result)).toEqual([true]);
    }
  });

  it('say so when Discord does not take it, and when the message is gone', async () => {
    const lab = await createLab();
    const result = await stamped(lab, 'sepia').replied();
    const panel = await lab.discord.press(mia, result.id, /^more:/).replied();
    lab.discord.standIn.fault({ method: 'PATCH', path: new RegExp(`${result.id}$`), kind: 'answer', status: 503 });
    const first = lab.discord.press(mia, panel.id, /^cover:/);
    await lab.until('an answer', () => first.followups().length > 0);
    expect(first.followups()[0]?.content).toContain("doesn't let me change");
    expect(controls(panel)).toEqual(['Details', 'Spoiler', 'Delete']);
    lab.discord.deleteMessage(result.id);
    const second = lab.discord.press(mia, panel.id, /^cover:/);
    await lab.until('an answer', () => second.followups().length > 0);
    expect(second.followups()[0]?.content).toContain('already deleted');
  });

  it('are kept when a picture that was taken down is posted again', async () => {
    const lab = await createModeratedLab();
    const edit = stamped(lab, 'sepia', { count: 2 });
    const result = await edit.until(({ attachments }) => attachments.length > 0);
    expect(await press(lab, mia, result, 'cover')).toContain('spoiler now');
    await reportPicture(lab, noah, result.id);
    const card = await cardOf(lab, edit.id);
    await pressCard(lab, vera, card, 'review-take-down');
    await lab.until('undo', () => controls(card).includes('Undo'));
    await pressCard(lab, vera, card, 'review-undo');
    await lab.until('posted again', () => lab.results().some(({ id }) => id !== result.id));
    const [again] = lab.results();
    expect(again && covered(again)).toEqual([true, false]);
  });
});

describe('older results', () => {
  it('keep their buttons, whose names mean what they meant', async () => {
    const lab = await createLab();
    const result = await stamped(lab, 'sepia').replied();
    const id = result.interactionId ?? '';
    result.components = [
      {
        type: 1,
        components: [
          { type: 2, style: 2, label: 'Again', custom_id: `again:${id}` },
          { type: 2, style: 2, label: 'Delete', custom_id: `delete:${id}` },
        ],
      },
    ];
    expect((await lab.discord.press(noah, result.id, /^again:/).replied()).attachments).toHaveLength(1);
    const question = await lab.discord.press(mia, result.id, /^delete:/).replied();
    await lab.discord.press(mia, question.id, /^delete-confirmed:/).until(({ content }) => content === 'Deleted.');
    expect(lab.results()).toHaveLength(1);
  });

  it('say when their edit is forgotten, and can still be deleted', async () => {
    const lab = await createLab();
    const result = await stamped(lab, 'sepia').replied();
    result.components = JSON.parse(JSON.stringify(result.components).replaceAll(/:\d+"/g, ':1300000000000000009"'));
    for (const button of ['further', 'change', 'again']) {
      const pressed = lab.discord.press(mia, result.id, new RegExp(`^${button}:`));
      expect(await privateText(pressed)).toContain("don't remember this edit");
    }
    const panel = await lab.discord.press(mia, result.id, /^more:/).replied();
    expect(controls(panel)).toEqual(['Delete']);
    expect(panel.content).toContain("don't remember this edit");
    expect(await privateText(await askToDelete(lab, noah, result.id))).toContain('Only the person');
  });
});
