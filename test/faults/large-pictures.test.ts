// kill -9 each time a large picture is being made smaller, as where the kernel ends what takes too much memory: the bot
// does not do it for ever. The card goes without its input; a result that cannot be shown is told.
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import sharp from 'sharp';
import { expect, test } from 'vitest';
import type { BotProcess } from '../../sandbox/bot.ts';
import { en } from '../../src/texts/en/en.ts';
import { cardsOf, createModeratedLab } from '../bot/review-cards.ts';
import type { Lab } from '../lab.ts';
import { mia, pause } from '../support.ts';
import { startBotProcess } from './own-lab.ts';

const side = 2_000;
/** Noise of about twelve megabytes. */
const large = await sharp(randomBytes(side * side * 3), { raw: { width: side, height: side, channels: 3 } })
  .png({ compressionLevel: 1 })
  .toBuffer();

/** Whether it has a process that makes a picture smaller; one that only looks at pictures, for what is alike, may die. */
function isShrinking({ child }: BotProcess): boolean {
  if (child.exitCode !== null) return false;
  const children = readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8').trim().split(' ');
  return children.some((pid) => commandOf(pid).includes('"limit"'));
}

function commandOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return '';
  }
}

/** Starts the bot and kills it as soon as it makes a picture smaller; or returns it when `isOver`. */
async function killWhenShrinking(lab: Lab, isOver: () => boolean): Promise<'killed' | 'over'> {
  const bot = startBotProcess(lab.env, 600);
  try {
    await bot.ready();
    const end = Date.now() + 20_000;
    while (Date.now() < end) {
      if (isOver()) return 'over';
      if (isShrinking(bot)) return 'killed';
      await pause(5);
    }
    throw new Error(`neither of both\n${bot.output().slice(-3_000)}`);
  } finally {
    await bot.stop('SIGKILL');
  }
}

async function countKills(lab: Lab, isOver: () => boolean): Promise<number> {
  for (let kills = 0; kills < 10; kills += 1) if ((await killWhenShrinking(lab, isOver)) === 'over') return kills;
  throw new Error('it does so for ever');
}

const options = { idle: true, discord: { acknowledgeMs: 20_000 } };

test('the input of a flagged edit is tried twice; then the card goes without it', { timeout: 90_000 }, async () => {
  const lab = await createModeratedLab({}, options);
  const image = { name: 'large.png', type: 'image/png', bytes: large, width: side, height: side };
  const begun = startBotProcess(lab.env, 600);
  await begun.ready();
  lab.runflow.hold();
  const edit = lab.discord.slash(mia, 'edit', { prompt: 'blur [flagged]', image });
  await lab.until('the run', () => lab.runs().length === 1);
  await begun.stop('SIGKILL');
  lab.runflow.release();
  const kills = await countKills(lab, () => cardsOf(lab, edit.id).length > 0);
  expect(kills).toBe(2);
  expect(cardsOf(lab, edit.id)[0]?.attachments.map(({ filename }) => filename)).toEqual([
    expect.stringContaining(edit.id),
  ]);
});

test('a result is tried four times; then the requester is told', { timeout: 90_000 }, async () => {
  const lab = await createModeratedLab({}, options);
  lab.runflow.plan({ outputBytes: large });
  const begun = startBotProcess(lab.env, 600);
  await begun.ready();
  lab.runflow.hold();
  const edit = lab.edit('blur');
  await lab.until('the run', () => lab.runs().length === 1);
  await begun.stop('SIGKILL');
  lab.runflow.release();
  const told = () => edit.followups().some(({ content }) => content.includes(en.result.failures['too-large']));
  expect(await countKills(lab, told)).toBe(4);
});
