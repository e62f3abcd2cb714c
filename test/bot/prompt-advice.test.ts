// A prompt that looks like a slip is asked about, privately and before anything is paid for, and never refused.
import { expect, it } from 'vitest';
import { createLab, rocket, stamp } from '../lab.ts';
import { mia, noah, privateReply, privateText } from '../support.ts';
import { controls } from './review-cards.ts';

it('asks, and starts it as it was written or corrected: once, whoever restarted meanwhile', async () => {
  const lab = await createLab();
  const asked = await privateReply(lab.edit('a beach with no people'));
  expect(asked.content).toContain('Nothing is started or charged yet.');
  expect(asked.content).toContain('"no people": this model tends to make whatever is named.');
  expect(asked.content).toContain('> a beach, remove the people');
  expect(controls(asked)).toEqual(['Use the corrected prompt', 'As I wrote it']);
  expect(lab.runs()).toEqual([]);
  expect(lab.results()).toEqual([]);

  await lab.stop();
  await lab.start();
  const presses = ['corrected', 'as-written', 'corrected'].map((button) =>
    lab.discord.press(mia, asked.id, new RegExp(`^${button}:`)),
  );
  const replies = await Promise.all(presses.map((press) => press.replied()));
  expect(replies.filter(({ attachments }) => attachments.length === 1)).toHaveLength(1);
  expect(replies.filter(({ content }) => content.includes('already started'))).toHaveLength(2);
  expect(lab.runs()).toHaveLength(1);
});

it('corrects the prompt that leaves, and nothing else of the request', async () => {
  const lab = await createLab();
  const wanted = { seed: 7, steps: 6, format: 'webp' };
  const first = await privateReply(lab.edit('no glasses', wanted));
  expect((await lab.discord.press(mia, first.id, /^corrected:/).replied()).content).toContain('> remove the glasses');
  const second = await privateReply(lab.edit('no glasses', wanted));
  expect((await lab.discord.press(mia, second.id, /^as-written:/).replied()).content).toContain('> no glasses');
  const [corrected, asWritten] = lab.runs().map(({ input }) => input);
  expect(asWritten).toEqual({ ...corrected, prompt: 'no glasses', image_urls: [expect.any(String)] });
  expect(corrected).toMatchObject({
    prompt: 'remove the glasses',
    seed: 7,
    num_inference_steps: 6,
    output_format: 'webp',
  });
});

it('asks on every way that takes a new sentence, and not again about the same one', async () => {
  const lab = await createLab();
  const asked = await privateReply(
    lab.discord.slash(mia, 'edit', { image: stamp, image2: rocket, prompt: 'put the cat on the sofa' }),
  );
  expect(asked.content).toContain('You gave 2 pictures');
  const result = await lab.discord.press(mia, asked.id, /^as-written:/).replied();
  expect(result.attachments).toHaveLength(1);

  const again = await lab.discord.press(noah, result.id, /^again:/).replied();
  expect(again.attachments).toHaveLength(1);
  const submit = async (button: string, prompt: string) => {
    const modal = lab.discord.press(noah, result.id, new RegExp(`^${button}:`));
    await modal.acknowledged;
    return lab.discord.submit(noah, modal, { prompt, size: ['same'], seed: '1' });
  };
  expect((await (await submit('change', 'put the cat on the sofa')).replied()).attachments).toHaveLength(1);
  expect(await privateText(await submit('change', 'paint it #12345'))).toContain('#12345 is not a colour');
  expect(lab.runs()).toHaveLength(3);
});

it('what changed meanwhile counts', async () => {
  const lab = await createLab();
  const asked = await privateReply(lab.edit('no glasses'));
  lab.discord.denyMember('mia', 'general', 'ATTACH_FILES');
  expect(await privateText(lab.discord.press(mia, asked.id, /^corrected:/))).toContain('You would need');
  expect(lab.runs()).toEqual([]);
  // It was not started, so it still can be.
  lab.discord.allow('general');
  expect((await lab.discord.press(mia, asked.id, /^corrected:/).replied()).attachments).toHaveLength(1);
});

it('words that try to look like ours stay words', async () => {
  const lab = await createLab();
  const text = await privateText(
    lab.edit(`no @everyone\n# [x](https://evil.example) **b** and no ${'x'.repeat(1_800)}`),
  );
  expect(text).not.toContain('\n# ');
  expect(text.length).toBeLessThanOrEqual(2_000);
});
