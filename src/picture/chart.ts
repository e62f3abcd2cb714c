// Draws the statistics: a bar for each week's edits, a line for the flag rate. Has its own background, to read the same
// on Discord's dark and light themes, and its own font, since a small server image has none.
import { createRequire } from 'node:module';
import sharp, { type OverlayOptions } from 'sharp';

export type ChartWeek = {
  /** Monday, 00:00 UTC. */
  start: number;
  held: number;
  approved: number;
  rejected: number;
  /** From 0 to 1; undefined where there were no edits. */
  flagRate: number | undefined;
};

/** The words in the picture, from the texts; `dates` is the locale for dates. */
export type ChartWords = { held: string; approved: string; rejected: string; flagRate: string; dates: string };

const font = createRequire(import.meta.url).resolve('dejavu-fonts-ttf/ttf/DejaVuSans.ttf');

// Twice the width at which Discord shows a picture, so that it stays sharp.
const width = 1100;
const height = 520;
const plot = { left: 70, right: width - 80, top: 70, bottom: height - 60 };

// Discord's own dark grey; series in Okabe and Ito's colours, which colour-blind people can tell apart.
const background = '#2b2d31';
const ink = '#dbdee1';
const grid = '#4e5058';
const colours = { held: '#56b4e9', approved: '#009e73', rejected: '#d55e00', flagRate: '#f0e442' } as const;
const bars = ['held', 'approved', 'rejected'] as const;

/** A round number at or above `value` that four lines divide into whole numbers. */
export function roundUp(value: number): number {
  if (value <= 20) return Math.max(4, Math.ceil(value / 4) * 4);
  const power = 10 ** Math.floor(Math.log10(value));
  const factor = [1, 2, 4, 8].find((one) => one * power >= value) ?? 10;
  return factor * power;
}

type Anchor = 'start' | 'middle' | 'end';

/** Half the height of a capital in this font at this size. */
const halfCapital = 8;

/** A line of text; `x` is its start, middle or end, `y` the middle of its capitals. */
async function label(
  text: string,
  x: number,
  y: number,
  anchor: Anchor,
  colour: string = ink,
): Promise<OverlayOptions> {
  const markup = `<span foreground="${colour}">${text}</span>`;
  const rendered = await sharp({ text: { text: markup, font: 'DejaVu Sans 17', fontfile: font, rgba: true } })
    .png()
    .toBuffer({ resolveWithObject: true });
  const { data, info } = rendered;
  const shift = { start: 0, middle: info.width / 2, end: info.width }[anchor];
  return { input: data, left: Math.round(x - shift), top: Math.round(y - halfCapital) };
}

/** The chart as a PNG. @param weeks oldest first */
export async function drawChart(weeks: readonly ChartWeek[], words: ChartWords): Promise<Buffer> {
  const most = roundUp(Math.max(0, ...weeks.flatMap((week) => bars.map((bar) => week[bar]))));
  const mostPercent = Math.min(100, roundUp(Math.max(0, ...weeks.map(({ flagRate = 0 }) => flagRate * 100))));
  const slot = (plot.right - plot.left) / Math.max(1, weeks.length);
  const middleOf = (index: number) => plot.left + slot * (index + 0.5);
  const heightOf = (share: number) => plot.bottom - share * (plot.bottom - plot.top);

  const dayAndMonth = new Intl.DateTimeFormat(words.dates, { day: 'numeric', month: 'short', timeZone: 'UTC' });
  const shapes: string[] = [];
  const labels: Promise<OverlayOptions>[] = [];

  for (const quarter of [0, 1, 2, 3, 4]) {
    const y = heightOf(quarter / 4);
    shapes.push(
      `<path d="M${plot.left} ${y}H${plot.right}" stroke="${grid}" stroke-width="${quarter === 0 ? 2 : 1}"/>`,
    );
    labels.push(label(String((most * quarter) / 4), plot.left - 12, y, 'end'));
    labels.push(label(`${(mostPercent * quarter) / 4} %`, plot.right + 12, y, 'start', colours.flagRate));
  }

  const barWidth = Math.min(26, (slot * 0.8) / bars.length);
  for (const [index, week] of weeks.entries()) {
    const left = middleOf(index) - (barWidth * bars.length) / 2;
    for (const [place, bar] of bars.entries()) {
      const top = heightOf(week[bar] / most);
      const box = `x="${left + place * barWidth}" y="${top}" width="${barWidth - 2}" height="${plot.bottom - top}"`;
      shapes.push(`<rect ${box} fill="${colours[bar]}"/>`);
    }
    // Twelve dates fit; with more weeks, write every second or third.
    if (index % Math.ceil(weeks.length / 12) === 0) {
      labels.push(label(dayAndMonth.format(week.start), middleOf(index), plot.bottom + 28, 'middle'));
    }
  }

  // Weeks without edits have no rate, so the line breaks there.
  let pen = 'M';
  let line = '';
  for (const [index, { flagRate }] of weeks.entries()) {
    if (flagRate === undefined) {
      pen = 'M';
      continue;
    }
    const [x, y] = [middleOf(index), heightOf((flagRate * 100) / mostPercent)];
    line += `${pen}${x} ${y}`;
    pen = 'L';
    shapes.push(
      `<circle cx="${x}" cy="${y}" r="6" fill="${colours.flagRate}" stroke="${background}" stroke-width="2"/>`,
    );
  }
  // Drawn under the points, with an edge that separates it from the bars.
  const path = `d="${line}" fill="none" stroke-linejoin="round"`;
  const firstPoint = shapes.findIndex((shape) => shape.startsWith('<circle'));
  if (firstPoint !== -1) {
    const strokes = [`stroke="${background}" stroke-width="7"`, `stroke="${colours.flagRate}" stroke-width="3"`];
    shapes.splice(firstPoint, 0, ...strokes.map((stroke) => `<path ${path} ${stroke}/>`));
  }

  for (const [index, name] of ([...bars, 'flagRate'] as const).entries()) {
    const x = plot.left + index * 200;
    shapes.push(`<rect x="${x}" y="22" width="20" height="20" rx="4" fill="${colours[name]}"/>`);
    labels.push(label(words[name], x + 30, 32, 'start'));
  }

  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}"><rect width="${width}" height="${height}" rx="16" fill="${background}"/>${shapes.join('')}</svg>`;
  return sharp(Buffer.from(svg))
    .composite(await Promise.all(labels))
    .png({ palette: true })
    .toBuffer();
}
