// What an output tells beside its pictures reaches the people it is for: seed, times and cost in the caption, and the prompt
// that the model was really given on the card.
import { expect, it } from 'vitest';
import type { LabOptions } from '../lab.ts';
import { card, createModeratedLab } from './review-cards.ts';

const ways: readonly [name: string, options: LabOptions, cost: string][] = [
  // The payload of a callback has no cost.
  ['its callback', { timing: { callbackOverdueMs: 60_000 } }, 'about $0.022'],
  ['a poll', { callbacks: false }, '$0.022'],
];

it.each(ways)('by %s', async (_way, options, cost) => {
  const lab = await createModeratedLab({}, options);
  lab.runflow.plan({ tellings: [{ output: 'extras' }] }, 2);
  const { content } = await lab.edit('blur').replied();
  expect(content).toContain(' · seed 15860307465884635512 · ');
  expect(content).toContain(' · 1.2 s · ');
  expect(content).toContain(` · ${cost}`);
  expect(content).not.toContain('softly');
  const held = lab.edit('blur [flagged]');
  const shown = await card(lab, held.id);
  expect(shown.content).toContain(' · seed 15860307465884635512');
  expect(shown.content).toContain('-# the model was given: blur the photo, \\*softly\\*');
});
