// Filters that change geometry: rotate, mirror, pixelate, crop, frame, and place pictures side by side.
import sharp from 'sharp';
import type { Transform } from './colour-filters.ts';
import { type Colour, hex, type Picture, pipeline, pixels } from './pixels.ts';

const dark = { r: 24, g: 24, b: 28, alpha: 1 };

export const mirror: Transform = (picture) => pixels(pipeline(picture).flop());
export const flip: Transform = (picture) => pixels(pipeline(picture).flip());

/** Rotates clockwise; the whole rotated picture is fitted into the original size. */
export function turn(degrees: number): Transform {
  return async (picture) => {
    const turned = await pixels(pipeline(picture).rotate(degrees, { background: dark }));
    const { width, height } = picture;
    if (turned.width === width && turned.height === height) return turned;
    return pixels(pipeline(turned).resize(width, height, { fit: 'contain', background: dark }));
  };
}

/** Pixelates into about `across` squares per row. */
export function pixelate(across: number): Transform {
  return async (picture) => {
    const { width, height } = picture;
    const block = Math.max(2, Math.round(Math.max(width, height) / across));
    const columns = Math.max(1, Math.round(width / block));
    const rows = Math.max(1, Math.round(height / block));
    const small = await pixels(pipeline(picture).resize(columns, rows, { fit: 'fill', kernel: 'linear' }));
    return pixels(pipeline(small).resize(width, height, { fit: 'fill', kernel: 'nearest' }));
  };
}

/** The middle of the picture, enlarged. */
export function zoom(factor: number): Transform {
  return (picture) => {
    const width = Math.max(1, Math.round(picture.width / factor));
    const height = Math.max(1, Math.round(picture.height / factor));
    const left = Math.floor((picture.width - width) / 2);
    const top = Math.floor((picture.height - height) / 2);
    return pixels(
      pipeline(picture).extract({ left, top, width, height }).resize(picture.width, picture.height, { fit: 'fill' }),
    );
  };
}

/** An SVG overlay of the picture's size. */
export function overlay({ width, height }: { width: number; height: number }, content: string): Buffer {
  return Buffer.from(
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">${content}</svg>`,
  );
}

export const vignette: Transform = (picture) => {
  const shade =
    '<defs><radialGradient id="v" cx="50%" cy="50%" r="72%"><stop offset="45%" stop-opacity="0"/>' +
    '<stop offset="100%" stop-opacity="0.92"/></radialGradient></defs><rect width="100%" height="100%" fill="url(#v)"/>';
  return pixels(pipeline(picture).composite([{ input: overlay(picture, shade) }]));
};

/** Cuts a circle from the middle; the rest is transparent (white in formats without transparency). */
export const circle: Transform = (picture) => {
  const { width, height } = picture;
  const disc = `<circle cx="${width / 2}" cy="${height / 2}" r="${Math.min(width, height) / 2}"/>`;
  return pixels(
    pipeline(picture)
      .ensureAlpha()
      .composite([{ input: overlay(picture, disc), blend: 'dest-in' }]),
  );
};

export function frame(colour: Colour): Transform {
  return (picture) => {
    const { width, height } = picture;
    const thick = Math.max(2, Math.round(Math.min(width, height) / 16));
    const line = `<rect x="${thick / 2}" y="${thick / 2}" width="${width - thick}" height="${height - thick}" fill="none" stroke="${hex(colour)}" stroke-width="${thick}"/>`;
    return pixels(pipeline(picture).composite([{ input: overlay(picture, line) }]));
  };
}

/** Shifts the red and blue channels sideways. */
export const glitch: Transform = (picture) => {
  const shift = Math.max(2, Math.round(picture.width / 40)) * picture.channels;
  const data = Buffer.from(picture.data);
  for (let at = 0; at < data.length; at += picture.channels) {
    data[at] = picture.data[at - shift] ?? 0;
    data[at + 2] = picture.data[at + 2 + shift] ?? 0;
  }
  return { ...picture, data };
};

/** Columns of equal width, one per picture. */
export async function sideBySide(first: Picture, others: Buffer[]): Promise<Picture> {
  const { width, height } = first;
  const share = Math.max(1, Math.floor(width / (others.length + 1)));
  const own = await pipeline(first).resize(share, height, { fit: 'cover' }).png().toBuffer();
  const rest = await Promise.all(
    others.map((bytes) => sharp(bytes).autoOrient().resize(share, height, { fit: 'cover' }).png().toBuffer()),
  );
  const placed = [own, ...rest].map((input, place) => ({ input, left: place * share, top: 0 }));
  return pixels(pipeline(first).composite(placed));
}

/** Places the other pictures as thumbnails along the right edge. */
export async function insets(first: Picture, others: Buffer[]): Promise<Picture> {
  const edge = Math.max(1, Math.round(Math.min(first.width, first.height) / 100));
  const box = Math.max(4, Math.round(Math.min(first.width, first.height) * (others.length > 1 ? 0.26 : 0.36)));
  const gap = Math.round(box / 10);
  const placed = await Promise.all(
    others.map(async (bytes, place) => {
      const print = sharp(bytes).autoOrient().resize(box, box, { fit: 'cover' });
      const input = await print
        .extend({ top: edge, bottom: edge, left: edge, right: edge, background: '#ffffff' })
        .flatten({ background: '#ffffff' })
        .png()
        .toBuffer();
      const top = gap + place * (box + 2 * edge + gap);
      return { input, left: first.width - box - 2 * edge - gap, top };
    }),
  );
  const inside = placed.filter(({ left, top }) => left >= 0 && top + box + 2 * edge <= first.height);
  return pixels(pipeline(first).composite(inside));
}
