// The storm with a fixed seed and with a fresh one; STORM_SEED repeats a seed, STORM_EDITS sets another size.
import { expect, it } from 'vitest';
import { runStorm } from './storm.ts';

const fresh = Math.floor(Math.random() * 2 ** 31);
const seeds = process.env.STORM_SEED ? process.env.STORM_SEED.split(',').map(Number) : [20_260_401, fresh];
const edits = Number(process.env.STORM_EDITS ?? 300);

it.each(seeds)(
  'every edit is delivered once or closed with a reason, and billed once (seed %i)',
  async (seed) => {
    const report = await runStorm(seed, edits);
    process.stdout.write(`storm, seed ${seed}: ${JSON.stringify(report)}\n`);
    expect(report.wrong).toEqual([]);
    // What nobody heard came while the bot was starting again, which takes long on a busy machine.
    expect(report.delivered).toBeGreaterThan((edits - report.unheard) / 2);
  },
  150_000,
);
