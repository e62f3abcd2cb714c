// Draws the curves as an SVG: small charts side by side, both axes logarithmic, one line per subject.
import { show } from './figures.ts';
import type { Step } from './growth.ts';
import type { SubjectName } from './subjects.ts';

const panels = [
  ['acknowledgedMs', 'interaction → acknowledged, p50, ms'],
  ['postedMs', 'run finished → posted, p50, ms'],
  ['cpuMs', 'CPU per edit, ms'],
  ['waitingCpuMs', 'CPU per second of mere waiting, ms'],
  ['residentMb', 'resident memory, MB'],
] as const;
// Differ in brightness too, and readable on light and dark pages.
const colours: Partial<Record<SubjectName, string>> = { floor: '#8a8f98', baseline: '#d9822b', darkroom: '#2f7fd1' };
const panel = { width: 270, height: 190, left: 46, top: 34, right: 24, bottom: 30 };
const columns = 3;

type Key = (typeof panels)[number][0];

/** The kernel counts processor time in ticks of 10 ms, so an average below a millisecond means nothing. */
const smallest = 1;

/** Whole decades around the values, at least one. */
function decades(values: readonly number[]): [least: number, most: number] {
  const logs = values.filter((value) => !Number.isNaN(value)).map((value) => Math.log10(Math.max(value, smallest)));
  const least = Math.floor(Math.min(...logs));
  return [least, Math.max(least + 1, Math.ceil(Math.max(...logs)))];
}

function draw(steps: readonly Step[], key: Key, title: string, at: number): string {
  const x0 = (at % columns) * panel.width + panel.left;
  const y0 = Math.floor(at / columns) * panel.height + panel.top;
  const width = panel.width - panel.left - panel.right;
  const height = panel.height - panel.top - panel.bottom;
  const [least, most] = decades(steps.map((step) => step[key]));
  const [, last] = decades(steps.map((step) => step.inFlight));
  const x = (inFlight: number) => (x0 + (Math.log10(inFlight) / last) * width).toFixed(1);
  const y = (value: number) => {
    return (y0 + height - ((Math.log10(Math.max(value, smallest)) - least) / (most - least)) * height).toFixed(1);
  };
  const lines = [`<text class="title" x="${x0}" y="${y0 - 12}">${title}</text>`];
  for (let decade = least; decade <= most; decade += 1) {
    const value = 10 ** decade;
    lines.push(`<path class="grid" d="M${x0} ${y(value)}h${width}"/>`);
    lines.push(`<text x="${x0 - 6}" y="${y(value)}" dy="4" text-anchor="end">${value.toLocaleString('en')}</text>`);
  }
  for (let decade = 0; decade <= last; decade += 1) {
    const label = (10 ** decade).toLocaleString('en');
    lines.push(`<text x="${x(10 ** decade)}" y="${y0 + height + 16}" text-anchor="middle">${label}</text>`);
  }
  for (const [subject, colour] of Object.entries(colours)) {
    const own = steps.filter((step) => step.subject === subject && !Number.isNaN(step[key]));
    if (own.length === 0) continue;
    const points = own.map((step) => `${x(step.inFlight)},${y(step[key])}`);
    lines.push(`<polyline points="${points.join(' ')}" fill="none" stroke="${colour}" stroke-width="2"/>`);
    for (const step of own) {
      const label = `${subject}, ${step.inFlight} in flight: ${show(step[key])}`;
      lines.push(
        `<circle cx="${x(step.inFlight)}" cy="${y(step[key])}" r="3" fill="${colour}"><title>${label}</title></circle>`,
      );
    }
  }
  return lines.join('\n');
}

/** Draws the measurements at each level. */
export function drawCurves(steps: readonly Step[]): string {
  const width = columns * panel.width;
  const height = Math.ceil(panels.length / columns) * panel.height;
  const legend = Object.entries(colours).map(([subject, colour], index) => {
    const x = width - panel.width + panel.left;
    const y = height - panel.height + panel.top + 24 + index * 26;
    return `<circle cx="${x}" cy="${y}" r="5" fill="${colour}"/><text class="title" x="${x + 14}" y="${y + 4}">${subject}</text>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" aria-label="Costs by edits in flight, 1 to 10,000">
<style>text{font:10px system-ui,sans-serif;fill:#7d838c}.title{font-size:12px}.grid{stroke:#7d838c;stroke-opacity:.25}</style>
${panels.map(([key, title], index) => draw(steps, key, title, index)).join('\n')}
${legend.join('\n')}
</svg>
`;
}
