// The figures, their targets, and how several rounds become one number with its spread.
import type { SubjectName } from './subjects.ts';

export type FigureId = keyof typeof figures;

/** Name and unit of each figure. */
export const figures = {
  acknowledged50: ['interaction → acknowledged, p50', 'ms'],
  acknowledged99: ['interaction → acknowledged, p99', 'ms'],
  created50: ['interaction → run created, p50', 'ms'],
  posted50: ['run finished → picture posted, p50', 'ms'],
  posted95: ['run finished → picture posted, p95', 'ms'],
  posted99: ['run finished → picture posted, p99', 'ms'],
  cpu: ['CPU per edit', 'ms'],
  discordRequests: ['requests to Discord per edit', ''],
  runflowRequests: ['requests to Runflow per edit', ''],
  keepingRequests: ['more of them per edit afterwards, to keep originals', ''],
  bytesIn: ['bytes in per picture byte', ''],
  bytesOut: ['bytes out per picture byte', ''],
  standInCpu: ["the stand-ins' own CPU per edit", 'ms'],
  saturation: ['edits/s at saturation', '/s'],
  busyAcknowledged50: ['acknowledged at 50/s while deliveries run, p50', 'ms'],
  busyAcknowledged99: ['acknowledged at 50/s while deliveries run, p99', 'ms'],
  idle: ['resident, idle', 'MB'],
  waiting: ['resident, 10,000 waiting edits, over idle', 'MB'],
  waitingRestarted: ['… after a start with them, over a start without', 'MB'],
  together: ['resident at most, 200 deliveries of 4 MB at once', 'MB'],
  togetherSeconds: ['… and the time until the last is posted', 's'],
  large: ['resident at most, 20 pictures of 30 MB at once', 'MB'],
  largeFamily: ['… with the process that makes them smaller', 'MB'],
  cards: ['resident at most, 20 flagged edits of 39 megapixels at once', 'MB'],
  cardsFamily: ['… with the process that decodes them', 'MB'],
  halfSent: ['resident at most, 400 half-sent callbacks, over idle', 'MB'],
  halfSentAfter: ['… 15 seconds later, over idle', 'MB'],
  halfSentValid: ['… valid callbacks that got in meanwhile, of 50', ''],
  startEmpty: ['start to ready, 0 open edits', 'ms'],
  startFull: ['start to ready, 10,000 open edits', 'ms'],
  storeOpen: ['store, per open edit', 'bytes'],
  storeClosed: ['store, per closed edit', 'bytes'],
  cardSqlite: ['a card with 100,000 log entries, SQLite', 'ms'],
  cardRedis: ['a card with 100,000 log entries, Redis', 'ms'],
  logPageSqlite: ['five pages of that log, SQLite', 'ms'],
  logPageRedis: ['five pages of that log, Redis', 'ms'],
  rescanSqlite: ['looking for open edits beside it, SQLite', 'ms'],
  rescanRedis: ['looking for open edits beside it, Redis', 'ms'],
  blockedSqlite: ['… longest that the loop stood still, SQLite', 'ms'],
  blockedRedis: ['… longest that the loop stood still, Redis', 'ms'],
  polls10: ['requests to Runflow a minute, 10 waiting', '/min'],
  polls500: ['requests to Runflow a minute, 500 waiting', '/min'],
  polls5000: ['requests to Runflow a minute, 5,000 waiting', '/min'],
} as const satisfies Record<string, readonly [label: string, unit: string]>;

export function isFigure(text: string): text is FigureId {
  return Object.hasOwn(figures, text);
}

export type Summary = { median: number; least: number; most: number };

/** All measurements: per figure and subject, one number per round. */
export type Readings = {
  add(figure: FigureId, subject: SubjectName, value: number): void;
  get(figure: FigureId, subject: SubjectName): Summary | undefined;
};

/** The value below which this share of the list lies. */
export function quantile(list: readonly number[], share: number): number {
  const sorted = list.toSorted((one, other) => one - other);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

export function createReadings(): Readings {
  const values = new Map<string, number[]>();
  const key = (figure: FigureId, subject: SubjectName) => `${figure} ${subject}`;
  return {
    add(figure, subject, value) {
      if (Number.isNaN(value)) return;
      const list = values.get(key(figure, subject)) ?? [];
      values.set(key(figure, subject), [...list, value]);
    },
    get(figure, subject) {
      const list = values.get(key(figure, subject));
      return list && { median: quantile(list, 0.5), least: Math.min(...list), most: Math.max(...list) };
    },
  };
}

export type Verdict = { target: string; found: string; reached: boolean };

type Target = {
  target: string;
  /** darkroom's figure, divided by that of another subject or by another of its own. */
  of: readonly [FigureId, SubjectName];
  over?: readonly [FigureId, SubjectName];
  most?: number;
  least?: number;
  /** The bound for `--quick`, which runs on busy machines: only a mistake breaks it. Not checked if absent. */
  wide?: number;
};

const targets: readonly Target[] = [
  {
    target: 'posted, p50: at most 1.5 × the floor',
    of: ['posted50', 'darkroom'],
    over: ['posted50', 'floor'],
    most: 1.5,
    wide: 10,
  },
  {
    target: 'posted, p99: at most 3 × the floor',
    of: ['posted99', 'darkroom'],
    over: ['posted99', 'floor'],
    most: 3,
    wide: 12,
  },
  {
    target: 'posted, p50: at least 10 × sooner than the baseline',
    of: ['posted50', 'baseline'],
    over: ['posted50', 'darkroom'],
    least: 10,
    wide: 3,
  },
  {
    target: 'acknowledged at 50/s while deliveries run, p99: under 100 ms',
    of: ['busyAcknowledged99', 'darkroom'],
    most: 100,
  },
  {
    target: 'saturation: at least 0.6 of the floor',
    of: ['saturation', 'darkroom'],
    over: ['saturation', 'floor'],
    least: 0.6,
    wide: 0.25,
  },
  {
    target: "saturation: at least the baseline's",
    of: ['saturation', 'darkroom'],
    over: ['saturation', 'baseline'],
    least: 1,
    wide: 0.5,
  },
  {
    // Independent of the machine's other load, so the surest sign of a mistake.
    target: 'CPU per edit: at most 6 × the floor',
    of: ['cpu', 'darkroom'],
    over: ['cpu', 'floor'],
    most: 6,
    wide: 6,
  },
  { target: 'requests to Discord per edit: 2', of: ['discordRequests', 'darkroom'], most: 2.001, wide: 2.1 },
  { target: 'requests to Runflow per edit: 1', of: ['runflowRequests', 'darkroom'], most: 1.001, wide: 1.1 },
  {
    target: 'polling: as many requests a minute for 5,000 waiting edits as for 10 (at most 1.2 ×)',
    of: ['polls5000', 'polling'],
    over: ['polls10', 'polling'],
    most: 1.2,
  },
  { target: '10,000 waiting edits: less than 40 MB over idle', of: ['waiting', 'darkroom'], most: 40 },
  { target: 'start to ready with 10,000 open edits: under 3 s', of: ['startFull', 'darkroom'], most: 3_000 },
  ...(['Sqlite', 'Redis'] as const).flatMap((store): Target[] => [
    {
      target: `100,000 log entries, ${store}: a card under 20 ms`,
      of: [`card${store}`, 'darkroom'],
      most: 20,
      wide: 100,
    },
    { target: `… five pages of the log under 20 ms`, of: [`logPage${store}`, 'darkroom'], most: 20, wide: 100 },
    { target: `… looking for open edits under 20 ms`, of: [`rescan${store}`, 'darkroom'], most: 20, wide: 100 },
    { target: `… the loop never stands still for 10 ms`, of: [`blocked${store}`, 'darkroom'], most: 10 },
  ]),
  { target: '200 deliveries of 4 MB at once: under 400 MB', of: ['together', 'darkroom'], most: 400 },
  { target: '20 flagged edits of 39 megapixels at once: under 400 MB', of: ['cardsFamily', 'darkroom'], most: 400 },
  { target: '400 half-sent callbacks: less than 60 MB over idle', of: ['halfSent', 'darkroom'], most: 60 },
  { target: '400 half-sent callbacks: every valid one gets in', of: ['halfSentValid', 'darkroom'], least: 50 },
  { target: '20 deliveries of 30 MB at once: under 400 MB', of: ['largeFamily', 'darkroom'], most: 400 },
];

/** Compares the readings with the targets; leaves out those not measured. */
export function judge(readings: Readings, quick: boolean): Verdict[] {
  return targets.flatMap(({ target, of, over, most, least, wide }) => {
    const value = readings.get(...of)?.median;
    const other = over ? readings.get(...over)?.median : 1;
    if (value === undefined || other === undefined || (quick && wide === undefined)) return [];
    const ratio = value / other;
    const bound = quick ? wide : (most ?? least);
    const reached = bound !== undefined && (most === undefined ? ratio >= bound : ratio <= bound);
    const found = over ? `${ratio.toFixed(2)} ×` : `${show(value)} ${figures[of[0]][1]}`;
    return [{ target: quick ? `${target} (looked at: ${bound})` : target, found: found.trim(), reached }];
  });
}

/** A number with only the digits worth reading. */
export function show(value: number): string {
  if (Number.isNaN(value)) return '–';
  if (Math.abs(value) >= 100) return value.toFixed(0);
  return Math.abs(value) >= 10 ? value.toFixed(1) : value.toFixed(2);
}
