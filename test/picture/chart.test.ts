// The statistics' chart: its bars and line stand where the numbers say, and its words are there without system fonts.
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import sharp from 'sharp';
import { expect, test } from 'vitest';
import { type ChartWeek, drawChart, roundUp } from '../../src/picture/chart.ts';

const words = { held: 'Held', approved: 'Approved', rejected: 'Rejected', flagRate: 'Flag rate', dates: 'en-GB' };
const monday = Date.UTC(2026, 7, 3);
const colours = { held: '86,180,233', approved: '0,158,115', rejected: '213,94,0', flagRate: '240,228,66' };
const background = '43,45,49';

type Box = { left: number; top: number; width: number; height: number };

/** How many pixels there are of each colour, as `r,g,b`. */
async function countColours(png: Buffer, box?: Box): Promise<Map<string, number>> {
  const image = box ? sharp(png).extract(box) : sharp(png);
  const { data, info } = await image.removeAlpha().raw().toBuffer({ resolveWithObject: true });
  const counts = new Map<string, number>();
  for (let at = 0; at < data.length; at += info.channels) {
    const colour = `${data[at]},${data[at + 1]},${data[at + 2]}`;
    counts.set(colour, (counts.get(colour) ?? 0) + 1);
  }
  return counts;
}

const plot: Box = { left: 72, top: 60, width: 940, height: 395 };

test('draws bars in proportion to the numbers, and the line', async () => {
  const weeks: ChartWeek[] = Array.from({ length: 12 }, (_, index) => {
    return { start: monday + index * 604_800_000, held: 8, approved: 4, rejected: 2, flagRate: 0.95 };
  });
  const png = await drawChart(weeks, words);
  const { format, width = 0, height = 0 } = await sharp(png).metadata();
  expect({ format, width, height }).toEqual({ format: 'png', width: 1100, height: 520 });
  const counts = await countColours(png, plot);
  const area = (series: keyof typeof colours) => counts.get(colours[series]) ?? 0;
  expect(area('held') / area('approved')).toBeCloseTo(2, 0);
  expect(area('approved') / area('rejected')).toBeCloseTo(2, 0);
  expect(area('flagRate')).toBeGreaterThan(2_000);
});

test('draws weeks in which nothing happened, and no weeks at all', async () => {
  const quiet = { start: monday, held: 0, approved: 0, rejected: 0, flagRate: undefined };
  for (const weeks of [[quiet, quiet], []]) {
    const counts = await countColours(await drawChart(weeks, words), plot);
    for (const colour of Object.values(colours)) expect(counts.get(colour)).toBeUndefined();
  }
});

test('has its words where no font is installed', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'darkroom-chart-'));
  try {
    const fonts = join(folder, 'fonts.conf');
    const none = `<?xml version="1.0"?><fontconfig><dir>${folder}/none</dir><cachedir>${folder}/cache</cachedir></fontconfig>`;
    writeFileSync(fonts, none);
    const script = fileURLToPath(new URL('chart-script.ts', import.meta.url));
    const path = join(folder, 'chart.png');
    await promisify(execFile)(process.execPath, [script, path], { env: { ...process.env, FONTCONFIG_FILE: fonts } });
    const png = await readFile(path);
    const legend = { left: 98, top: 18, width: 60, height: 28 };
    const numbers = { left: 10, top: 60, width: 50, height: 400 };
    const dates = { left: 450, top: 470, width: 200, height: 40 };
    for (const box of [legend, numbers, dates]) {
      const counts = await countColours(png, box);
      expect(box.width * box.height - (counts.get(background) ?? 0)).toBeGreaterThan(80);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test.each([
  [0, 4],
  [4, 4],
  [5, 8],
  [17, 20],
  [21, 40],
  [99, 100],
  [100, 100],
  [101, 200],
  [1234, 2000],
])('the axis for %i ends at %i', (most, end) => {
  expect(roundUp(most)).toBe(end);
  expect(end % 4).toBe(0);
});
