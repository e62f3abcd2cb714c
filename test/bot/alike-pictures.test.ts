// A card tells what moderators decided before about pictures that look alike, and an ordinary edit costs nothing for it.
import sharp from 'sharp';
import { expect, it } from 'vitest';
import { photo } from '../lab.ts';
import { mia, noah, vera } from '../support.ts';
import { card, controls, createModeratedLab, holdOne, pressCard, reject } from './review-cards.ts';

const picture = (name: string, bytes: Buffer, width: number, height: number) => ({
  name,
  type: 'image/jpeg',
  bytes,
  width,
  height,
});
const mirrored = picture('other.jpg', await sharp(photo).flop().resize(500).jpeg({ quality: 60 }).toBuffer(), 500, 334);

it('tells on a card of earlier verdicts, as they stand, also where the picture is mirrored, small and by somebody else', async () => {
  const lab = await createModeratedLab();
  const first = await holdOne(lab);
  expect(first.card.content).not.toContain('look alike');
  await reject(lab, vera, first.card, { reason: 'nsfw' });
  await lab.until('decided', () => controls(first.card).includes('Undo'));

  const edit = lab.discord.slash(noah, 'edit', { image: mirrored, prompt: 'blur [flagged]' });
  const second = await card(lab, edit.id);
  expect(second.content).toContain('results that look alike: 1 not shown, 0 shown; the last: **Rejected** · <@');

  // Taken back, it counts no more; and the card in between is rewritten when something happens to it.
  await pressCard(lab, vera, first.card, 'review-undo');
  await lab.until('open again', () => controls(first.card).includes('Approve'));
  const third = await holdOne(lab, 'blur [flagged]', mia);
  expect(third.card.content).not.toContain('look alike');
});
