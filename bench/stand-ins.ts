// The stand-ins' process: receives orders over IPC and answers each with a tally.
import { setTimeout as sleep } from 'node:timers/promises';
import { type Arena, createArena, until } from './arena.ts';
import { type Answer, numberedOrder, type Order } from './protocol.ts';

/** Concurrent requests while filling up with waiting edits. */
const window = 32;

let arena: Arena | undefined;
let keeping = 0;

function current(): Arena {
  if (!arena) throw new Error('no stand-ins are open');
  return arena;
}

async function steady(stage: Arena, perSecond: number, seconds: number): Promise<void> {
  const start = performance.now();
  const count = Math.round(perSecond * seconds);
  for (let asked = 0; asked < count; ) {
    const due = Math.floor(((performance.now() - start) / 1000) * perSecond) + 1;
    for (; asked < Math.min(due, count); asked += 1) stage.ask();
    await sleep(5);
  }
  await until('all pictures are posted', () => stage.underWay() === 0);
}

/** Runs beside later orders until told another number. */
async function keep(stage: Arena, inFlight: number): Promise<void> {
  while (keeping === inFlight && arena === stage) {
    while (stage.underWay() < inFlight) stage.ask();
    await sleep(5);
  }
}

async function fill(stage: Arena, wanted: number): Promise<void> {
  stage.hold();
  while (stage.waiting() < wanted) {
    while (stage.underWay() < wanted && stage.underWay() - stage.waiting() < window) stage.ask();
    await sleep(1);
  }
}

async function cycle(stage: Arena, times: number, atOnce: number): Promise<void> {
  for (let begun = 0; begun < times; begun += atOnce) {
    const count = Math.min(atOnce, times - begun);
    const before = stage.posted();
    const waiting = stage.waiting();
    for (let finished = 0; finished < count; finished += 1) await stage.finishOldest();
    await until('the pictures are posted', () => stage.posted() === before + count);
    for (let asked = 0; asked < count; asked += 1) stage.ask();
    await until('others take their place', () => stage.waiting() === waiting);
  }
}

async function obey(order: Order): Promise<Answer> {
  if (order.do === 'open') {
    keeping = 0;
    await arena?.close();
    arena = await createArena(order);
  }
  const stage = current();
  const finish = stage.watch();
  switch (order.do) {
    case 'connected':
      await stage.connected();
      break;
    case 'steady':
      await steady(stage, order.perSecond, order.seconds);
      break;
    case 'keep':
      keeping = order.inFlight;
      if (keeping > 0) void keep(stage, keeping);
      break;
    case 'look':
      await sleep(order.ms);
      break;
    case 'drain':
      await until('nothing is under way', () => stage.underWay() === 0);
      break;
    case 'fill':
      await fill(stage, order.waiting);
      break;
    case 'cycle':
      await cycle(stage, order.times, order.atOnce);
      break;
    case 'cards':
      await stage.askForCards(order.edits);
      break;
    case 'release':
      stage.release();
      await until('nothing is under way', () => stage.underWay() === 0);
      break;
  }
  return stage.answer(finish());
}

process.on('message', (message) => {
  const { number, order } = numberedOrder.parse(message);
  obey(order).then(
    (answer) => process.send?.({ number, answer }),
    (error: unknown) => process.send?.({ number, error: error instanceof Error ? error.message : String(error) }),
  );
});
process.on('disconnect', () => process.exit(0));
