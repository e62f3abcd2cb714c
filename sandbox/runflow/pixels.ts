// Pictures as raw pixels between two filters: sharp reorders the steps within one pipeline, raw pixels keep the
// prompt's order.
import sharp, { type Sharp } from 'sharp';

export type Picture = { data: Buffer; width: number; height: number; channels: 3 | 4 };
export type Colour = readonly [red: number, green: number, blue: number];

/** A sharp pipeline that starts from the picture. */
export function pipeline({ data, width, height, channels }: Picture): Sharp {
  return sharp(data, { raw: { width, height, channels } });
}

/** Runs a pipeline to raw sRGB pixels. */
export async function pixels(image: Sharp): Promise<Picture> {
  const { data, info } = await image.toColourspace('srgb').raw().toBuffer({ resolveWithObject: true });
  if (info.channels !== 3 && info.channels !== 4) throw new Error(`${info.channels} channels`);
  return { data, width: info.width, height: info.height, channels: info.channels };
}

/** Maps every channel value except alpha. */
export function mapValues(picture: Picture, change: (value: number) => number): Picture {
  const table = Uint8ClampedArray.from({ length: 256 }, (_, value) => change(value));
  const data = Buffer.from(picture.data);
  for (let at = 0; at < data.length; at += 1) {
    if (picture.channels === 4 && at % 4 === 3) continue;
    data[at] = table[data[at] ?? 0] ?? 0;
  }
  return { ...picture, data };
}

/** Maps brightness to colours: black to the first stop, white to the last. `keep` is the share of the original. */
export function mapTones(picture: Picture, stops: readonly Colour[], keep = 0): Picture {
  const table = new Uint8ClampedArray(256 * 3);
  for (let value = 0; value < 256; value += 1) {
    const place = (value / 255) * (stops.length - 1);
    const from = stops[Math.floor(place)] ?? [0, 0, 0];
    const to = stops[Math.ceil(place)] ?? from;
    const part = place - Math.floor(place);
    for (const channel of [0, 1, 2] as const) {
      table[value * 3 + channel] = from[channel] * (1 - part) + to[channel] * part;
    }
  }
  const data = Buffer.from(picture.data);
  for (let at = 0; at < data.length; at += picture.channels) {
    const [red, green, blue] = [data[at] ?? 0, data[at + 1] ?? 0, data[at + 2] ?? 0];
    const tone = Math.round(0.2126 * red + 0.7152 * green + 0.0722 * blue) * 3;
    data[at] = (table[tone] ?? 0) * (1 - keep) + red * keep;
    data[at + 1] = (table[tone + 1] ?? 0) * (1 - keep) + green * keep;
    data[at + 2] = (table[tone + 2] ?? 0) * (1 - keep) + blue * keep;
  }
  return { ...picture, data };
}

/** Combines two pictures of the same shape value by value; alpha comes from the first. */
export function combine(one: Picture, two: Picture, mix: (a: number, b: number) => number): Picture {
  if (one.data.length !== two.data.length) throw new Error('pictures of different shapes');
  const data = Buffer.from(one.data);
  for (let at = 0; at < data.length; at += 1) {
    if (one.channels === 4 && at % 4 === 3) continue;
    data[at] = Math.max(0, Math.min(255, mix(data[at] ?? 0, two.data[at] ?? 0)));
  }
  return { ...one, data };
}

/** A colour from hue (degrees), saturation and lightness (0 to 1). */
export function hsl(hue: number, saturation: number, lightness: number): Colour {
  const channel = (shift: number) => {
    const place = (((hue / 30 + shift) % 12) + 12) % 12;
    const swing = saturation * Math.min(lightness, 1 - lightness);
    return Math.round(255 * (lightness - swing * Math.max(-1, Math.min(place - 3, 9 - place, 1))));
  };
  return [channel(0), channel(8), channel(4)];
}

/** A colour in SVG notation. */
export function hex([red, green, blue]: Colour): string {
  return `#${[red, green, blue].map((value) => value.toString(16).padStart(2, '0')).join('')}`;
}

/** A seeded random number generator, 0 to 1 (mulberry32: a mixed counter). */
export function createRandom(seed: number): () => number {
  let state = (Math.trunc(seed) ^ Math.trunc(seed / 2 ** 32)) | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
