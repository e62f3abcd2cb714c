// kill -9 at every moment of an edit's life, then a restart with the same store: delivered once, billed once.

import sharp from 'sharp';
import { afterAll, describe, expect, it } from 'vitest';
import type { Interaction } from '../../sandbox/discord/discord.ts';
import type { Moment } from '../../src/edit/step.ts';
import { createLab, type Lab, stamp } from '../lab.ts';
import { mia, pause, sha256 } from '../support.ts';
import { createRun, postMessage, startBotProcess } from './own-lab.ts';

type Point = {
  name: string;
  /** The bot kills itself there … */
  moment?: Moment;
  /** … or is killed from outside once this has come to pass. */
  when?: (lab: Lab, interaction: Interaction) => Promise<unknown>;
  prepare?: (lab: Lab) => void;
  /** The interaction's token has expired before the result is posted. */
  expired?: boolean;
  /** The picture has to be converted first. */
  converted?: boolean;
  only?: 'callback' | 'poll';
};

const points: readonly Point[] = [
  { name: 'the record is saved, nothing is acknowledged', moment: 'accepted' },
  { name: 'acknowledged', moment: 'acknowledged' },
  { name: 'a converted picture is uploaded, that is not saved', moment: 'uploaded', converted: true, only: 'callback' },
  { name: 'noted that the create request leaves', moment: 'sending' },
  {
    name: 'the create request left, its answer was not read',
    prepare: (lab) => void lab.runflow.standIn.fault({ method: 'POST', path: /\/runs$/, kind: 'hang-after' }),
    when: (lab) => lab.until('the run', () => lab.runs().length === 1),
  },
  { name: 'the create request is answered, the id is not saved', moment: 'created' },
  { name: 'the id is saved', moment: 'running' },
  {
    name: 'waiting for the end',
    prepare: (lab) => lab.runflow.hold(),
    when: (lab) => lab.until('running', () => lab.runs()[0]?.status_code === 'running'),
  },
  { name: "a callback's outcome is saved, not answered", moment: 'callback', only: 'callback' },
  {
    name: 'a callback was answered 200',
    only: 'callback',
    when: (lab) => lab.until('the answer', () => lab.runs()[0]?.callbackAttempts[0]?.status === 200),
  },
  { name: 'the outcome is in the record', moment: 'settled' },
  {
    name: 'in the middle of the download',
    prepare: (lab) => void lab.runflow.standIn.fault({ method: 'GET', path: /^\/outputs\//, kind: 'hang' }),
    when: (lab) => lab.runflow.standIn.request(({ path }) => path.startsWith('/outputs/')),
  },
  { name: 'the pictures are here, nothing is posted', moment: 'downloaded' },
  { name: 'Discord took the reply, that is not saved', moment: 'posted' },
  { name: 'Discord took a new message, that is not saved', moment: 'posted', expired: true },
  {
    name: 'in line, because Runflow takes none now',
    prepare: (lab) =>
      void lab.runflow.standIn.fault({ ...createRun, kind: 'answer', status: 429, headers: { 'retry-after': '1' } }),
    when: (lab) => lab.runflow.standIn.request(({ method }) => method === 'POST'),
  },
  {
    name: 'noted that a new message leaves; Discord has not taken it',
    expired: true,
    prepare: (lab) => void lab.discord.standIn.fault({ ...postMessage, kind: 'hang' }),
    when: (lab) => lab.discord.standIn.request(({ method, path }) => method === 'POST' && postMessage.path.test(path)),
  },
  {
    name: 'noted that a new message leaves; Discord took it and did not answer',
    expired: true,
    prepare: (lab) => void lab.discord.standIn.fault({ ...postMessage, kind: 'hang-after' }),
    when: (lab) => lab.until('the message', () => lab.results().length === 1),
  },
  { name: 'delivered', moment: 'delivered' },
];

const cells = points.flatMap((point) =>
  (['callback', 'poll'] as const).flatMap((way) => (point.only && point.only !== way ? [] : [{ point, way }])),
);
const table = new Map<string, string>();

function start(lab: Lab, crashAt?: Moment) {
  return startBotProcess(lab.env, 600, crashAt);
}

async function tryCell({ point, way }: (typeof cells)[number]): Promise<void> {
  const lab = await createLab({ callbacks: way === 'callback', idle: true, closeMyself: true });
  const bots = [start(lab, point.moment)];
  try {
    await bots[0]?.ready();
    point.prepare?.(lab);
    if (point.expired) lab.runflow.hold();
    const image = { name: 'still.gif', type: 'image/gif', bytes: await sharp(stamp.bytes).gif().toBuffer() };
    const interaction = point.converted
      ? lab.discord.slash(mia, 'edit', { image, prompt: 'sepia' })
      : lab.edit('sepia');
    interaction.acknowledged.catch(() => {});
    if (point.expired) {
      await interaction.acknowledged;
      await lab.until('the run', () => lab.runs().length === 1);
      lab.discord.expireToken(interaction);
      lab.runflow.release();
    }
    if (point.when) {
      await point.when(lab, interaction);
      await bots[0]?.stop('SIGKILL');
    } else {
      await lab.until('the crash', () => bots[0]?.child.signalCode === 'SIGKILL');
    }
    lab.runflow.standIn.clearFaults();
    lab.runflow.release();

    const second = start(lab);
    bots.push(second);
    await second.ready();
    await lab.until('the picture', () => lab.results().length > 0, 15_000);
    // Long enough for a second delivery to show itself: a lease, every look, several polls.
    await lab.until('the end', () => closed(lab, bots, interaction.id));
    await pause(700);

    expect(lab.runs(), 'runs created').toHaveLength(1);
    const results = lab.results();
    expect(results, 'messages with the picture').toHaveLength(1);
    expect(sha256(results[0]?.attachments[0]?.bytes)).toBe(sha256(lab.runs()[0]?.files[0]?.bytes));
    if (!point.expired) expect(lab.discord.messages('general').filter(({ loading }) => loading)).toEqual([]);
  } finally {
    await Promise.all(bots.map((bot) => bot.stop('SIGKILL')));
    await lab.close();
  }
}

/** Closed in the log of any of the bots, or closed before the first one died. */
function closed(lab: Lab, bots: ReturnType<typeof start>[], id: string): boolean {
  const told = bots.some(({ lines }) => lines.some((line) => line.msg === 'edit delivered' && line.edit === id));
  return told || lab.results()[0]?.interactionId === id;
}

describe.concurrent('kill -9', () => {
  it.each(cells)(
    '$point.name ($way)',
    async (cell) => {
      const name = `${cell.point.name} (${cell.way})`;
      table.set(name, 'FAILED');
      await tryCell(cell);
      table.set(name, 'delivered once, billed once');
    },
    60_000,
  );
});

afterAll(() => {
  const width = Math.max(...[...table.keys()].map((name) => name.length));
  process.stdout.write(`\n${[...table].map(([name, result]) => `  ${name.padEnd(width)}  ${result}`).join('\n')}\n`);
});
