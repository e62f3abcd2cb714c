// The caption on a result: a band that marks the picture as a stand-in's, and above it the prompt if no filter matched.
// The seed decides the band's colour and a faint light.
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

/** Draws the caption; `note` follows the notice, `title` is large. */
export function drawCaption(picture: Picture, seed: number, note: string, title = ''): Promise<Picture> {
  const { width, height } = picture;
  const random = createRandom(seed);
  const hue = random() * 360;
  const [lightX, lightY] = [random() < 0.5 ? 0 : 100, random() * 70];
  const dot = Math.max(1, Math.round(width / 330));

  const small = layOutText(note ? `${notice}: ${note}` : notice, picture, 0, dot, 2);
  const band = layOutText(note ? `${notice}: ${note}` : notice, picture, height - small.height, dot, 2);
  const large = layOutText(title, picture, 0, dot * 2, 3);
  const above = layOutText(title, picture, height - small.height - large.height, dot * 2, 3);
  const content = [
    `<defs><radialGradient id="l" cx="${lightX}%" cy="${lightY.toFixed(1)}%" r="60%">`,
    `<stop offset="0" stop-color="${hex(hsl(hue, 0.8, 0.7))}" stop-opacity="0.22"/>`,
    '<stop offset="1" stop-color="#fff" stop-opacity="0"/></radialGradient></defs>',
    '<rect width="100%" height="100%" fill="url(#l)"/>',
    `<rect y="${height - small.height - above.height}" width="${width}" height="${above.height}" fill="#000" fill-opacity="0.55"/>`,
    `<path fill="#fff" d="${above.path}"/>`,
    `<rect y="${height - band.height}" width="${width}" height="${band.height}" fill="${hex(hsl(hue, 0.55, 0.3))}"/>`,
    `<path fill="#fff" d="${band.path}"/>`,
  ];
  return pixels(pipeline(picture).composite([{ input: overlay(picture, content.join('')) }]));
}
