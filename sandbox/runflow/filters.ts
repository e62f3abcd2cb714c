// Finds filter names in a prompt and applies the filters in the order of the prompt.

import type { Transform } from './colour-filters.ts';
import * as colourFilter from './colour-filters.ts';
import * as geometry from './geometry-filters.ts';
import type { Colour, Picture } from './pixels.ts';

type FilterRule = { name: string; pattern: RegExp; make: (match: RegExpExecArray) => Transform };
export type Filter = { name: string; apply: Transform };

const colours: Readonly<Record<string, Colour>> = {
  red: [214, 40, 40],
  orange: [240, 128, 20],
  yellow: [235, 205, 40],
  gold: [212, 168, 40],
  golden: [212, 168, 40],
  lime: [140, 210, 40],
  green: [46, 150, 70],
  teal: [20, 140, 140],
  turquoise: [50, 190, 180],
  cyan: [40, 190, 220],
  blue: [48, 90, 210],
  navy: [24, 40, 110],
  purple: [125, 60, 180],
  violet: [125, 60, 180],
  magenta: [210, 40, 160],
  pink: [238, 120, 170],
  brown: [120, 78, 44],
};
const colourName = Object.keys(colours).join('|');
const hexColour = '#(?:[0-9a-f]{6}|[0-9a-f]{3})\\b';

function readColour(text: string | undefined): Colour {
  const name = (text ?? '').toLowerCase();
  const digits = name.length === 4 ? name.replace(/[0-9a-f]/g, '$&$&') : name;
  const value = Number.parseInt(digits.slice(1), 16);
  return colours[name] ?? [(value >> 16) & 255, (value >> 8) & 255, value & 255];
}

function readTurn(match: RegExpExecArray): Transform {
  const degrees = Number(match[1] ?? 90) % 360;
  return geometry.turn(match[2] ? -degrees : degrees);
}

const softer = '(?:less|lower|low|reduced?|decreased?|soft(?:er)?)';

// If two patterns match at the same place, the longer match wins.
const rules: readonly FilterRule[] = [
  {
    name: 'black and white',
    pattern: /\b(?:black[\s-]*(?:and|&|n)?[\s-]*white|b\s?&\s?w|gr[ae]y[\s-]?scale|monochrome)\b/gi,
    make: () => colourFilter.blackAndWhite,
  },
  { name: 'sepia', pattern: /\bsepia\b/gi, make: () => colourFilter.sepia },
  { name: 'blur', pattern: /\b(?:blur\w*|out of focus|soft focus)\b/gi, make: () => blurBySize },
  { name: 'sharpen', pattern: /\b(?:sharp\w*|crisp)\b/gi, make: () => colourFilter.sharpen },
  { name: 'negative', pattern: /\b(?:invert\w*|inverse|negative)\b/gi, make: () => colourFilter.negative },
  { name: 'upside down', pattern: /\bupside[\s-]?down\b/gi, make: () => geometry.turn(180) },
  {
    name: 'rotate',
    pattern:
      /\b(?:rotat\w*|turn(?=\s[^\d,.;]{0,12}?\d))(?:[^\d,.;]{0,12}?(\d{1,3})\s*(?:°|deg\w*)?)?(\s*(?:counter-?clockwise|anti-?clockwise|(?:to the )?left))?/gi,
    make: readTurn,
  },
  { name: 'flip', pattern: /\bflip\w*\s(?:it\s)?vertical\w*/gi, make: () => geometry.flip },
  {
    name: 'mirror',
    pattern: /\b(?:mirror\w*|flop|flip\w*(?:\s(?:it\s)?horizontal\w*)?)\b/gi,
    make: () => geometry.mirror,
  },
  { name: 'pixelate', pattern: /\b(?:pixel\w*|8[\s-]?bit|mosaic)\b/gi, make: () => geometry.pixelate(40) },
  {
    name: 'frame',
    pattern: new RegExp(`(?:(${hexColour}|\\b(?:${colourName}|black|white))\\s+)?\\b(?:border|frame)\\w*`, 'gi'),
    make: (match) => geometry.frame(frameColour(match[1])),
  },
  {
    name: 'tint',
    pattern: new RegExp(`${hexColour}|\\b(?:${colourName})\\b`, 'gi'),
    make: (m) => colourFilter.tint(readColour(m[0])),
  },
  {
    name: 'brighter',
    pattern: /\b(?:bright\w*|lighter|lighten\w*)\b/gi,
    make: () => colourFilter.modulate({ brightness: 1.4 }),
  },
  {
    name: 'darker',
    pattern: /\b(?:dark(?:er|en|ened)?|dim(?:mer|med)?)\b/gi,
    make: () => colourFilter.modulate({ brightness: 0.6 }),
  },
  {
    name: 'less contrast',
    pattern: new RegExp(`\\b${softer}\\s(?:the\\s)?contrast\\b`, 'gi'),
    make: () => colourFilter.contrast(0.5),
  },
  {
    name: 'contrast',
    pattern: /\b(?:(?:more|high\w*|increased?|strong\w*)\s(?:the\s)?)?contrast\w*/gi,
    make: () => colourFilter.contrast(1.7),
  },
  {
    name: 'muted',
    pattern: /\b(?:less (?:saturat|colou?r)\w*|desaturat\w*|muted|faded|pale|pastel)\b/gi,
    make: () => colourFilter.modulate({ saturation: 0.45, brightness: 1.08 }),
  },
  {
    name: 'vivid',
    pattern: /\b(?:(?:more )?saturat\w*|vivid|vibrant|colou?rful)\b/gi,
    make: () => colourFilter.modulate({ saturation: 2 }),
  },
  { name: 'vintage', pattern: /\b(?:vintage|retro|old[\s-]photo\w*|nostalgic)\b/gi, make: () => vintage },
  { name: 'warm', pattern: /\b(?:warm\w*|cozy|cosy|summer)\b/gi, make: () => colourFilter.warm },
  { name: 'cold', pattern: /\b(?:cold\w*|cool\w*|winter|snow\w*|icy|frozen)\b/gi, make: () => colourFilter.cold },
  { name: 'cartoon', pattern: /\b(?:cartoon\w*|comic\w*|anime)\b/gi, make: () => colourFilter.cartoon },
  { name: 'posterize', pattern: /\b(?:poster\w*|pop[\s-]art)\b/gi, make: () => colourFilter.posterize(4) },
  { name: 'painting', pattern: /\b(?:oil[\s-]paint\w*|paint\w*|watercolou?r\w*)\b/gi, make: () => colourFilter.paint },
  { name: 'sketch', pattern: /\b(?:sketch\w*|pencil|charcoal|drawing|drawn)\b/gi, make: () => colourFilter.sketch },
  { name: 'outlines', pattern: /\b(?:edges?|outlines?|line[\s-]art|contours?)\b/gi, make: () => colourFilter.outlines },
  { name: 'emboss', pattern: /\b(?:emboss\w*|relief)\b/gi, make: () => colourFilter.emboss },
  { name: 'vignette', pattern: /\bvignett\w*/gi, make: () => geometry.vignette },
  { name: 'circle', pattern: /\b(?:circle|circular|round(?:ed)?)\b/gi, make: () => geometry.circle },
  { name: 'grain', pattern: /\b(?:grain\w*|noisy?|noise|film)\b/gi, make: () => colourFilter.grain(0.45) },
  { name: 'glow', pattern: /\b(?:glow\w*|dream\w*|bloom|magical)\b/gi, make: () => colourFilter.glow },
  { name: 'night', pattern: /\b(?:night\w*|midnight|moon\w*)\b/gi, make: () => night },
  { name: 'sunset', pattern: /\b(?:sunset|sunrise|dusk|dawn)\b/gi, make: () => sunset },
  { name: 'heat map', pattern: /\b(?:thermal|heat[\s-]?map|infrared)\b/gi, make: () => heat },
  { name: 'neon', pattern: /\b(?:neon|cyberpunk)\b/gi, make: () => neon },
  { name: 'glitch', pattern: /\b(?:glitch\w*|anaglyph)\b/gi, make: () => geometry.glitch },
  { name: 'zoom', pattern: /\b(?:zoom\w*|close[\s-]?up)\b/gi, make: () => geometry.zoom(1.8) },
];

const heat = colourFilter.toneMap([10, 10, 60], [120, 20, 140], [230, 60, 40], [250, 190, 40], [255, 255, 230]);
const night = colourFilter.toneMap([2, 4, 14], [20, 34, 78], [96, 118, 170], [210, 220, 245]);
const sunset = colourFilter.toneMap([30, 10, 50], [150, 40, 70], [240, 120, 50], [255, 225, 150]);
const neon = colourFilter.toneMap([8, 4, 30], [60, 10, 120], [240, 30, 170], [60, 240, 250]);
const blurBySize: Transform = (picture) => colourFilter.blur(Math.max(2, picture.width / 90))(picture);

const vintage: Transform = async (picture) => {
  const faded = await colourFilter.contrast(0.75)(await colourFilter.sepia(picture));
  return geometry.vignette(await colourFilter.grain(0.12, 7)(faded));
};

function frameColour(name: string | undefined): Colour {
  const colour = name?.toLowerCase();
  if (colour === 'black') return [16, 16, 16];
  return colour === undefined || colour === 'white' ? [250, 250, 250] : readColour(colour);
}

/** The filters a prompt names, in order; two words in a row for the same filter ("pencil sketch") count once. */
export function parseFilters(prompt: string): Filter[] {
  const matches = rules
    .flatMap((rule) => [...prompt.matchAll(rule.pattern)].map((match) => ({ rule, match, length: match[0].length })))
    .sort((a, b) => a.match.index - b.match.index || b.length - a.length);
  const filters: Filter[] = [];
  let end = 0;
  for (const { rule, match, length } of matches) {
    if (match.index < end) continue;
    end = match.index + length;
    if (filters.at(-1)?.name === rule.name && rule.name !== 'tint') continue;
    filters.push({ name: rule.name, apply: rule.make(match) });
  }
  return filters;
}

/** Applies the filters one after another. */
export async function applyFilters(picture: Picture, filters: readonly Filter[]): Promise<Picture> {
  let current = picture;
  for (const filter of filters) current = await filter.apply(current);
  return current;
}
