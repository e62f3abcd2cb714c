// The trials: what each does to a subject and which figures it measures. Each opens new stand-ins and a new subject.
import { type FigureId, isFigure, quantile, type Readings } from './figures.ts';
import type { Tally } from './protocol.ts';
import type { Stage } from './stage.ts';
import { type Subject, type SubjectName, startSubject } from './subjects.ts';
import { forgetPeak, readUsage, storeBytes, watchFamily } from './usage.ts';

export type Bench = { stage: Stage; readings: Readings; profiles: string | undefined; say: (line: string) => void };

const megabyte = 2 ** 20;
/** Enough to keep the baseline busy too, which sees each run's end up to two seconds late. */
const saturating = 160;

export async function withSubject<Result>(
  bench: Bench,
  name: SubjectName,
  options: { runMs: number; pictureBytes: number },
  trial: (subject: Subject) => Promise<Result>,
): Promise<Result> {
  const subject = await startSubject(name, await bench.stage.give({ do: 'open', ...options }), bench.profiles);
  try {
    await bench.stage.give({ do: 'connected' });
    return await Promise.race([trial(subject), subject.died]);
  } finally {
    await subject.remove();
  }
}

/** Measures a subject's processor time for some work, with the stand-ins' tally. */
export async function timed(
  subject: Subject,
  work: () => Promise<{ tally: Tally }>,
): Promise<{ tally: Tally; cpuMs: number }> {
  const before = readUsage(subject.pid).cpuMs;
  const { tally } = await work();
  return { tally, cpuMs: readUsage(subject.pid).cpuMs - before };
}

export function complain(bench: Bench, name: SubjectName, tally: Tally): void {
  for (const line of new Set(tally.trouble)) bench.say(`  ${name}: ${line}`);
}

/** 20 edits a second of 1 MB pictures. */
export function runSteady(bench: Bench, name: SubjectName, seconds: number): Promise<void> {
  const perSecond = 20;
  return withSubject(bench, name, { runMs: 1_000, pictureBytes: megabyte }, async (subject) => {
    await bench.stage.give({ do: 'steady', perSecond, seconds: Math.min(3, seconds) });
    const stored = storeBytes(subject.folder);
    const { tally, cpuMs } = await timed(subject, () => bench.stage.give({ do: 'steady', perSecond, seconds }));
    const edits = tally.posted.length;
    const pictures = edits * tally.pictureBytes;
    const figures: Partial<Record<FigureId, number>> = {
      acknowledged50: quantile(tally.acknowledged, 0.5),
      acknowledged99: quantile(tally.acknowledged, 0.99),
      created50: quantile(tally.created, 0.5),
      posted50: quantile(tally.posted, 0.5),
      posted95: quantile(tally.posted, 0.95),
      posted99: quantile(tally.posted, 0.99),
      cpu: cpuMs / edits,
      discordRequests: tally.requests.discord / edits,
      runflowRequests: tally.requests.runflow / edits,
      keepingRequests: tally.requests.keeping / edits,
      bytesIn: tally.bytes.in / pictures,
      bytesOut: tally.bytes.out / pictures,
      standInCpu: tally.standIns.cpuMs / edits,
    };
    note(bench, name, figures);
    complain(bench, name, tally);
    await subject.stop();
    if (stored > 0) {
      const all = (Math.min(3, seconds) + seconds) * perSecond;
      bench.readings.add('storeClosed', name, storeBytes(subject.folder) / all);
    }
  });
}

/** As many edits as it can handle: requests a new one for every posted picture. */
export function runSaturation(bench: Bench, name: SubjectName, seconds: number): Promise<void> {
  return withSubject(bench, name, { runMs: 100, pictureBytes: megabyte }, async () => {
    await bench.stage.give({ do: 'keep', inFlight: saturating });
    await bench.stage.give({ do: 'look', ms: Math.min(4_000, seconds * 1_000) });
    const { tally } = await bench.stage.give({ do: 'look', ms: seconds * 1_000 });
    await bench.stage.give({ do: 'keep', inFlight: 0 });
    note(bench, name, { saturation: (tally.posted.length / tally.elapsedMs) * 1_000 });
    complain(bench, name, tally);
  });
}

/** 50 interactions a second, each of which ends in a delivery while others arrive. */
export function runBusy(bench: Bench, name: SubjectName, seconds: number): Promise<void> {
  const perSecond = 50;
  return withSubject(bench, name, { runMs: 1_000, pictureBytes: megabyte / 4 }, async () => {
    await bench.stage.give({ do: 'steady', perSecond, seconds: 3 });
    const { tally } = await bench.stage.give({ do: 'steady', perSecond, seconds });
    note(bench, name, {
      busyAcknowledged50: quantile(tally.acknowledged, 0.5),
      busyAcknowledged99: quantile(tally.acknowledged, 0.99),
    });
    complain(bench, name, tally);
  });
}

/** Many runs end at the same moment: measures peak resident memory and the time it takes. */
function runAtOnce(
  bench: Bench,
  name: SubjectName,
  options: { runs: number; pictureBytes: number },
  figuresOf: (peakMb: number, seconds: number, familyMb: number) => Partial<Record<FigureId, number>>,
): Promise<void> {
  const { runs, pictureBytes } = options;
  return withSubject(bench, name, { runMs: 100, pictureBytes }, async (subject) => {
    await bench.stage.give({ do: 'fill', waiting: runs });
    forgetPeak(subject.pid);
    const stop = watchFamily(subject.pid);
    const { tally } = await bench.stage.give({ do: 'release' });
    const { peakMb } = readUsage(subject.pid);
    note(bench, name, figuresOf(peakMb, tally.elapsedMs / 1_000, stop()));
    complain(bench, name, tally);
  });
}

export function runTogether(bench: Bench, name: SubjectName): Promise<void> {
  const options = { runs: 200, pictureBytes: 4 * megabyte };
  return runAtOnce(bench, name, options, (together, togetherSeconds) => ({ together, togetherSeconds }));
}

/** Every one of these pictures has to be shrunk. */
export function runLarge(bench: Bench, name: SubjectName): Promise<void> {
  const options = { runs: 20, pictureBytes: 30 * megabyte };
  return runAtOnce(bench, name, options, (large, _seconds, largeFamily) => ({ large, largeFamily }));
}

/** Requests to Runflow while edits wait and nothing else happens. */
export async function runPolls(bench: Bench, name: SubjectName): Promise<void> {
  for (const level of [10, 500, 5000] as const) {
    // With five thousand edits, the baseline sends 2,500 requests a second.
    if (name === 'baseline' && level === 5000) continue;
    await withSubject(bench, name, { runMs: 100, pictureBytes: 1_000 }, async () => {
      await bench.stage.give({ do: 'fill', waiting: level });
      const seconds = 15;
      const { tally } = await bench.stage.give({ do: 'look', ms: seconds * 1_000 });
      note(bench, name, { [`polls${level}` as const]: (tally.requests.runflow / seconds) * 60 });
    });
  }
}

export function note(bench: Bench, name: SubjectName, figures: Partial<Record<FigureId, number>>): void {
  for (const [figure, value] of Object.entries(figures)) {
    if (isFigure(figure)) bench.readings.add(figure, name, value);
  }
}
