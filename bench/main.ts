// `npm run bench`: compares darkroom with the cheapest thing that could work and with the usual bot, and checks the
// figures against their targets. --write updates docs/performance.md, --quick checks only ratios, --profile keeps CPU
// profiles.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { drawCurves } from './curves.ts';
import { createReadings, judge } from './figures.ts';
import { runGrowth, runStart, type Step } from './growth.ts';
import { historyStores, runHistory } from './history.ts';
import { replaceReport, writeReport } from './report.ts';
import { createStage } from './stage.ts';
import { runCards, runHalfSent } from './strangers.ts';
import type { SubjectName } from './subjects.ts';
import { type Bench, runBusy, runLarge, runPolls, runSaturation, runSteady, runTogether } from './trials.ts';

const { values: flags } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
    profile: { type: 'string' },
    /** Only these trials, comma-separated: steady, saturation, busy, start, together, large, cards, half-sent, polls, growth, history. */
    only: { type: 'string' },
    /** Only these of floor, baseline, darkroom, polling. */
    subjects: { type: 'string' },
    seconds: { type: 'string' },
    rounds: { type: 'string' },
  },
});

const file = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const rounds = Number(flags.rounds ?? (flags.quick ? 1 : 3));
const seconds = Number(flags.seconds ?? (flags.quick ? 2 : 6));
const started = performance.now();
const say = (line: string) =>
  process.stderr.write(`${((performance.now() - started) / 1000).toFixed(0).padStart(4)} s  ${line}\n`);

const chosen = flags.only?.split(',') ?? (flags.quick ? ['steady', 'saturation', 'history'] : undefined);
const wanted = (trial: string) => chosen === undefined || chosen.includes(trial);

const stage = createStage();
const readings = createReadings();
const profiles = flags.profile;
if (profiles) mkdirSync(profiles, { recursive: true });
const bench: Bench = { stage, readings, profiles, say };
const steps: Step[] = [];

const asked = flags.subjects?.split(',');
const among = (names: readonly SubjectName[]) => names.filter((name) => asked === undefined || asked.includes(name));
const beside = among(['floor', 'baseline', 'darkroom']);

/** Runs a trial; if it fails, the others still run. */
async function attempt(what: string, run: () => Promise<unknown>): Promise<void> {
  say(what);
  try {
    await run();
  } catch (error) {
    say(error instanceof Error ? error.message : String(error));
    process.exitCode = 1;
  }
}

/** Each round starts with another subject, so that none always gets the machine when it is warm, or busy. */
async function interleaved(trial: string, names: readonly SubjectName[], run: (name: SubjectName) => Promise<void>) {
  if (!wanted(trial)) return;
  for (let round = 0; round < rounds; round += 1) {
    for (const index of names.keys()) {
      const name = names[(index + round) % names.length];
      if (!name) continue;
      await attempt(`${trial}, round ${round + 1} of ${rounds}: ${name}`, () => run(name));
    }
  }
}

await interleaved('steady', flags.quick ? beside : [...beside, ...among(['polling'])], (name) =>
  runSteady(bench, name, seconds),
);
await interleaved('saturation', beside, (name) => runSaturation(bench, name, seconds));
await interleaved('busy', beside, (name) => runBusy(bench, name, seconds));
await interleaved('start', among(['darkroom', 'baseline']), (name) => runStart(bench, name));
if (wanted('together')) {
  for (const name of beside) await attempt(`together: ${name}`, () => runTogether(bench, name));
}
if (wanted('large')) {
  for (const name of among(['darkroom'])) await attempt(`large: ${name}`, () => runLarge(bench, name));
}
if (wanted('cards')) {
  for (const name of among(['darkroom'])) await attempt(`cards: ${name}`, () => runCards(bench, name));
}
if (wanted('half-sent')) {
  for (const name of among(['darkroom'])) await attempt(`half-sent: ${name}`, () => runHalfSent(bench, name));
}
if (wanted('polls')) {
  for (const name of among(['polling', 'baseline'])) await attempt(`polls: ${name}`, () => runPolls(bench, name));
}
if (wanted('history')) {
  for (const store of historyStores) await attempt(`history: ${store}`, () => runHistory(bench, store, flags.quick));
}
if (wanted('growth')) {
  for (const name of beside) {
    await attempt(`growth: ${name}`, async () => steps.push(...(await runGrowth(bench, name))));
  }
}
stage.close();

const verdicts = judge(readings, flags.quick);
const report = writeReport(readings, steps, verdicts);
process.stdout.write(`${report}\n`);
if (flags.write) {
  writeFileSync(file('../docs/performance.svg'), drawCurves(steps));
  const page = file('../docs/performance.md');
  writeFileSync(page, replaceReport(readFileSync(page, 'utf8'), report));
}
if (flags.quick && verdicts.some(({ reached }) => !reached)) process.exitCode = 1;
