// A failure is no dead end: it repeats the prompt, says what was charged, and has a way on that keeps what was typed.
import { describe, expect, it } from 'vitest';
import type { Interaction } from '../../sandbox/discord/discord.ts';
import { createLab, type Lab, stamp } from '../lab.ts';
import { at, mia, noah, privateReply, privateText, vera, type Who } from '../support.ts';
import { card as cardOf, controls, createModeratedLab, holdOne } from './review-cards.ts';

const posted = (interaction: Interaction) => interaction.until(({ attachments }) => attachments.length > 0);
const fail = (lab: Lab, more: Record<string, string | number | object> = {}, by: Who = mia) =>
  lab.discord.slash(by, 'edit', { image: stamp, prompt: 'sepia [failed]', ...more } as Parameters<
    Lab['discord']['slash']
  >[2]);

describe('a failure', () => {
  it.each(['[failed]', '[canceled]', '[invalid]', '[credit]', '[broken]'])(
    '%s repeats the prompt and has ways on',
    async (word) => {
      const lab = await createLab();
      const note = await privateReply(fail(lab, { prompt: `sepia ${word}` }));
      expect(note.content).toMatch(/^> sepia/);
      expect(controls(note)).toEqual(['Try again', 'Change']);
    },
  );

  it('is tried again as it was asked for, after a restart', async () => {
    const lab = await createLab();
    lab.runflow.plan({ failure: { code: 'MODEL_ERROR', message: 'it broke' } });
    const edit = fail(lab, { prompt: 'sepia', seed: 7, size: 'square', steps: 6 });
    const note = await privateReply(edit);
    expect(note.content).toContain('Nothing was charged.');
    await lab.stop();
    await lab.start();
    expect((await posted(lab.discord.press(mia, note.id, /^try-again:/))).attachments).toHaveLength(1);
    const [first, second] = lab.runs();
    expect(second?.input).toEqual(first?.input);
  });

  it('is changed with everything that was typed filled in', async () => {
    const lab = await createLab();
    const note = await privateReply(fail(lab, { seed: 7 }));
    const modal = lab.discord.press(mia, note.id, /^change-failed:/);
    await modal.acknowledged;
    expect(JSON.stringify(modal.modal)).toContain('"value":"sepia [failed]"');
    await posted(lab.discord.submit(mia, modal, { prompt: 'blur' }));
    expect(lab.runs()[1]?.input).toMatchObject({ prompt: 'blur', seed: 7 });
  });

  it('works in a thread, and in a direct message, where it stays', async () => {
    const lab = await createLab();
    for (const channel of ['general-thread', 'dm']) {
      const edit = fail(lab, {}, at(mia, channel));
      const note = await edit.replied();
      expect(controls(note)).toEqual(['Try again', 'Change']);
      const again = lab.discord.press(at(mia, channel), note.id, /^try-again:/);
      expect((await again.replied()).content).toContain("couldn't make this edit");
    }
    expect(lab.runs()).toHaveLength(4);
  });

  it('has no buttons in a direct message about an edit of a server', async () => {
    const lab = await createLab({ runflow: { runMs: 400 } });
    const edit = fail(lab);
    await edit.acknowledged;
    lab.discord.expireToken(edit);
    await lab.until('told', () => lab.discord.messages('dm-mia').length === 1);
    expect(lab.discord.messages('dm-mia').flatMap(controls)).toEqual([]);
  });

  it('is bound by the prompt list, a time-out and the place like any other edit', async () => {
    const lab = await createModeratedLab({ blocklist: ['forbidden'] });
    const note = await privateReply(fail(lab, {}, noah));
    const modal = lab.discord.press(noah, note.id, /^change-failed:/);
    await modal.acknowledged;
    expect(await privateText(lab.discord.submit(noah, modal, { prompt: 'forbidden' }))).toContain('forbidden');
    lab.discord.denyMember('noah', 'general', 'ATTACH_FILES');
    expect(await privateText(lab.discord.press(noah, note.id, /^try-again:/))).toContain('Attach Files');
    lab.discord.allow('general');
    const held = await holdOne(lab, 'blur [flagged]', noah);
    await lab.discord.press(vera, (await cardOf(lab, held.edit.id)).id, /^review-time-out:/, ['1']).replied();
    expect(await privateText(lab.discord.press(noah, note.id, /^try-again:/))).toContain('paused your edits');
    expect(lab.runs()).toHaveLength(2);
  });

  it('says when its original is gone', async () => {
    const lab = await createLab({ discord: { cdnMs: 3_000 } });
    const note = await privateReply(fail(lab));
    lab.clock.move(5_000);
    const refused = await privateReply(lab.discord.press(mia, note.id, /^try-again:/));
    expect(refused.content).toContain('upload it again');
    expect(controls(refused)).toEqual([]);
  });
});
