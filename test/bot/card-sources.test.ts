// What a card cannot show is said on it, and is still said when the card is rewritten.
import { expect, it } from 'vitest';
import { type Lab, rocket } from '../lab.ts';
import { mia, vera } from '../support.ts';
import { card, cardsOf, createModeratedLab, pressCard } from './review-cards.ts';

const source = /^\/ephemeral-attachments\//;

/** A flagged edit whose source answers in another way once the model has it. */
async function holdWithout(lab: Lab, status: number, body: object) {
  lab.discord.standIn.clearFaults();
  // The model fetches them first.
  lab.discord.standIn.fault({ method: 'GET', path: source, kind: 'answer', status, body, skip: 3, times: 1_000 });
  const edit = lab.discord.slash(mia, 'edit', {
    image: rocket,
    image2: rocket,
    image3: rocket,
    prompt: 'blur [flagged]',
  });
  return { edit, card: await card(lab, edit.id) };
}

it('the picture that was edited, and why; and how many more there were', async () => {
  const lab = await createModeratedLab();
  const gone = await holdWithout(lab, 404, {});
  expect(gone.card.attachments).toHaveLength(1);
  expect(gone.card.content).toContain('-# The picture that was edited is not shown here: it can no longer be fetched.');
  expect(gone.card.content).toContain('-# 2 more pictures were given; they are not shown here.');
  const odd = await holdWithout(lab, 200, { not: 'a picture' });
  expect(odd.card.content).toContain('is not shown here: what could be fetched is no complete picture.');

  lab.discord.standIn.clearFaults();
  const approved = await pressCard(lab, vera, odd.card, 'review-approve');
  expect(approved).toContain('Approved');
  await lab.until('the rewritten card', () => !!cardsOf(lab, odd.edit.id)[0]?.content.includes('**Approved**'));
  expect(cardsOf(lab, odd.edit.id)[0]?.content).toContain('what could be fetched is no complete picture.');

  const whole = await card(lab, lab.edit('blur [flagged]').id);
  expect(whole.attachments).toHaveLength(2);
  expect(whole.content).not.toContain('not shown here');
});

it('the words that Discord does not take, also when the card tells the verdict', async () => {
  const lab = await createModeratedLab();
  lab.discord.standIn.fault({
    path: new RegExp(`/channels/${lab.discord.world.channel('review').id}/messages`),
    when: ({ json }) => String(JSON.stringify(json)).includes('rude word'),
    kind: 'answer',
    status: 400,
    body: { code: 240000, message: 'Message blocked by harmful links filter' },
    times: 1_000,
  });
  const edit = lab.edit('a rude word [flagged]');
  const shown = await card(lab, edit.id);
  expect(shown.content).toContain(
    "-# The prompt and the picture that was edited are not shown here: Discord doesn't take",
  );
  await pressCard(lab, vera, shown, 'review-approve');
  await lab.until('the verdict', () => !!cardsOf(lab, edit.id)[0]?.content.includes('**Approved**'));
  expect(cardsOf(lab, edit.id)[0]?.content).not.toContain('rude word');
});
