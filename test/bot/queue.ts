// What the tests of the moderators' queue share: many held results in no time, and presses in the panel.
import type { Interaction, Message } from '../../sandbox/discord/discord.ts';
import { type Lab, stamp } from '../lab.ts';
import { mia, privateReply, vera, type Who } from '../support.ts';
import { cardsOf } from './review-cards.ts';

/** Flagged results of these people, each on its card, in the order in which they were asked for. */
export async function holdMany(
  lab: Lab,
  count: number,
  by: (index: number) => Who = () => mia,
): Promise<Interaction[]> {
  const edits: Interaction[] = [];
  for (let index = 0; index < count; index += 1) {
    const edit = lab.discord.slash(by(index), 'edit', { image: stamp, prompt: `blur ${index} [flagged]` });
    edits.push(edit);
    // Many at a time come in any order.
    if (count < 10 || index % 8 === 7 || index === count - 1) {
      await lab.until('the cards', () => edits.every(({ id }) => cardsOf(lab, id).length > 0), 60_000);
    }
  }
  return edits;
}

export type Pressed = { panel: Message; tookMs: number };

export const openQueue = async (lab: Lab, by: Who = vera, options = {}): Promise<Message> =>
  privateReply(lab.discord.slash(by, 'review', options, 'queue'));

/** Waits for a picture that is on its way, so that what comes next is the answer to a press. */
export const settle = (lab: Lab, panel: Message) =>
  lab.until('the picture', () => !panel.content.includes('The picture is on its way.'));

/** Presses in a panel, or chooses there, and waits for what it shows next. */
export async function press(lab: Lab, panel: Message, id: RegExp, by: Who = vera, values?: string[]): Promise<Pressed> {
  await settle(lab, panel);
  const edits = panel.history.length;
  const began = performance.now();
  const pressed = lab.discord.press(by, panel.id, id, values);
  await pressed.until(({ history }) => history.length > edits);
  return { panel: await privateReply(pressed), tookMs: performance.now() - began };
}

/** Presses what opens a modal, and fills it in. */
export async function write(
  lab: Lab,
  panel: Message,
  id: RegExp,
  fields: Record<string, string>,
  by: Who = vera,
): Promise<Message> {
  await settle(lab, panel);
  const pressed = lab.discord.press(by, panel.id, id);
  await pressed.acknowledged;
  const edits = panel.history.length;
  const submitted = lab.discord.submit(by, pressed, fields);
  await submitted.until(({ history }) => history.length > edits);
  return privateReply(submitted);
}

/** The edit that a panel shows. */
export const shownIn = (panel: Message): string =>
  /"custom_id":"queue-(?:decide:[\w-]+|skip|write):(\d+)/.exec(JSON.stringify(panel.components))?.[1] ?? '';
