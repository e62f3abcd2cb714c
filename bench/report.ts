// The report: the same tables on the terminal and, between two markers, in docs/performance.md, whose other text stays.
import { cpus, loadavg, totalmem } from 'node:os';
import { type FigureId, figures, isFigure, type Readings, show, type Verdict } from './figures.ts';
import { findSteep, type Step } from './growth.ts';
import type { SubjectName } from './subjects.ts';

/** The machine's other load, measured before the benchmark starts work. */
const [load = 0] = loadavg();
const subjects: readonly SubjectName[] = ['floor', 'baseline', 'darkroom', 'polling'];

/** Pads columns to one width, so that the table also reads well unrendered. */
function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(3, ...rows.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]) => {
    const cells = row.map((cell, column) =>
      column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
    );
    return `| ${cells.join(' | ')} |`;
  };
  const [head = [], ...body] = rows;
  const rule = widths.map((width, column) => (column === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`));
  return [line(head), `| ${rule.join(' | ')} |`, ...body.map(line)].join('\n');
}

function cell(readings: Readings, figure: FigureId, subject: SubjectName): string {
  const summary = readings.get(figure, subject);
  if (!summary) return '';
  const { median, least, most } = summary;
  return most - least < median * 0.005 ? show(median) : `${show(median)} (${show(least)} – ${show(most)})`;
}

function figureRows(readings: Readings): string[][] {
  return Object.entries(figures).flatMap(([id, [label, unit]]) => {
    if (!isFigure(id)) return [];
    const cells = subjects.map((subject) => cell(readings, id, subject));
    return cells.some((text) => text !== '') ? [[unit ? `${label}, ${unit}` : label, ...cells]] : [];
  });
}

function growthRows(steps: readonly Step[]): string[][] {
  return steps.map((step) => [
    `${step.subject}, ${step.inFlight.toLocaleString('en')} in flight`,
    ...[step.acknowledgedMs, step.postedMs, step.cpuMs, step.waitingCpuMs, step.residentMb].map(show),
  ]);
}

/** All results as Markdown. */
export function writeReport(readings: Readings, steps: readonly Step[], verdicts: readonly Verdict[]): string {
  const [cpu] = cpus();
  const machine = `${cpus().length} × ${cpu?.model.trim() ?? 'unknown processor'}, ${Math.round(totalmem() / 2 ** 30)} GiB, ${process.platform}, Node ${process.version}, load ${load.toFixed(1)} before the start`;
  const parts = [
    `${new Date().toISOString().slice(0, 10)}, ${machine}. Medians of the rounds, in brackets the least and the most.`,
    table([['', ...subjects], ...figureRows(readings)]),
  ];
  if (steps.length > 0) {
    const head = [
      '',
      'acknowledged, p50, ms',
      'posted, p50, ms',
      'CPU per edit, ms',
      'CPU per second waiting, ms',
      'resident, MB',
    ];
    parts.push(table([head, ...growthRows(steps)]));
    const steep = findSteep(steps.filter(({ subject }) => subject === 'darkroom'));
    parts.push(
      steep.length === 0
        ? 'Nothing of darkroom grew faster than the edits in flight.'
        : ['Grew faster than the edits in flight:', ...steep.map((text) => `- ${text}`)].join('\n'),
    );
  }
  parts.push(
    table([
      ['target', 'found', 'reached'],
      ...verdicts.map(({ target, found, reached }) => [target, found, reached ? 'yes' : 'NO']),
    ]),
  );
  return parts.join('\n\n');
}

const markers = ['<!-- measured: npm run bench -- --write -->', '<!-- end of what was measured -->'] as const;

/** Puts the report between the markers of a page. Throws when the page has none. */
export function replaceReport(page: string, report: string): string {
  const start = page.indexOf(markers[0]);
  const end = page.indexOf(markers[1]);
  if (start < 0 || end < start) throw new Error(`the page needs the lines ${markers.join(' and ')}`);
  return `${page.slice(0, start + markers[0].length)}\n\n${report}\n\n${page.slice(end)}`;
}
