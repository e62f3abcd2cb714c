// The caption on a result: a band that marks the picture as a stand-in's, and below it the prompt if no filter matched.
import { advance, drawLine, lineHeight, wrap } from './bitmap-font.ts';
import { overlay } from './geometry-filters.ts';
import { createRandom, hex, hsl, type Picture, pipeline, pixels } from './pixels.ts';

const notice = 'sandbox stand-in, not FLUX';

function layOutText(text: string, size: { width: number }, top: number, dot: number, maxLines: number) {
  const margin = dot * 4;
  const lines = wrap(text, Math.floor((size.width - 2 * margin) / (advance * dot)), maxLines);
  const height = lines.length === 0 ? 0 : (lines.length * lineHeight + 5) * dot;
  const path = lines.map((line, row) => drawLine(line, margin, top + (row * lineHeight + 3) * dot, dot)).join('');
  return { height, path };
}

/**
 * Draws the caption at the top, where no badge of Discord's lies over it. `note` follows the notice, `title` is large.
 * Only the second and further outputs of a run are tinted, by their seed: what was asked for should be seen as it is.
 */
export function drawCaption(picture: Picture, seed: number, index: number, note: string, title = ''): Promise<Picture> {
  const { width, height } = picture;
  const dot = Math.max(1, Math.round(width / 300));
  const told = [notice, `seed ${seed}`, note].filter((part) => part !== '').join(' - ');
  const small = layOutText(told, picture, 0, dot, 2);
  const large = layOutText(title, picture, small.height, dot * 2, 3);
  const content = [
    index === 0 ? '' : light(seed),
    `<rect width="${width}" height="${small.height}" fill="#14161a"/>`,
    `<path fill="#fff" d="${small.path}"/>`,
    `<rect y="${small.height}" width="${width}" height="${large.height}" fill="#000" fill-opacity="0.55"/>`,
    `<path fill="#fff" d="${large.path}"/>`,
  ];
  return pixels(pipeline(picture).composite([{ input: overlay({ width, height }, content.join('')) }]));
}

/** A faint light from one side, in the seed's own colour. */
function light(seed: number): string {
  const random = createRandom(seed);
  const colour = hex(hsl(random() * 360, 0.8, 0.7));
  const [x, y] = [random() < 0.5 ? 0 : 100, random() * 70];
  return [
    `<defs><radialGradient id="l" cx="${x}%" cy="${y.toFixed(1)}%" r="60%">`,
    `<stop offset="0" stop-color="${colour}" stop-opacity="0.22"/>`,
    '<stop offset="1" stop-color="#fff" stop-opacity="0"/></radialGradient></defs>',
    '<rect width="100%" height="100%" fill="url(#l)"/>',
  ].join('');
}
