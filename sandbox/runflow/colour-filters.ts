// Filters that change colours and textures but not geometry.
import { type Colour, combine, createRandom, mapTones, mapValues, type Picture, pipeline, pixels } from './pixels.ts';

type Matrix = [[number, number, number], [number, number, number], [number, number, number]];
export type Transform = (picture: Picture) => Promise<Picture> | Picture;

const luminance: [number, number, number] = [0.2126, 0.7152, 0.0722];
const grey: Matrix = [luminance, luminance, luminance];

function recolour(matrix: Matrix): Transform {
  return (picture) => pixels(pipeline(picture).recomb(matrix));
}

export const blackAndWhite = recolour(grey);
export const sepia = recolour([
  [0.39, 0.77, 0.19],
  [0.35, 0.69, 0.17],
  [0.27, 0.53, 0.13],
]);
export const warm = recolour([
  [1.18, 0.04, 0],
  [0.02, 1.02, 0],
  [0, 0, 0.74],
]);
export const cold = recolour([
  [0.76, 0, 0],
  [0, 0.98, 0.04],
  [0, 0.06, 1.2],
]);

export const negative: Transform = (picture) => mapValues(picture, (value) => 255 - value);

/** Multiplies brightness and saturation, rotates the hue by degrees. */
export function modulate(change: { brightness?: number; saturation?: number; hue?: number }): Transform {
  return (picture) => pixels(pipeline(picture).modulate(change));
}

/** Spreads (above 1) or narrows (below 1) the values around the middle. */
export function contrast(factor: number): Transform {
  return (picture) => mapValues(picture, (value) => 128 + (value - 128) * factor);
}

export function blur(sigma: number): Transform {
  return (picture) => pixels(pipeline(picture).blur(sigma));
}

export const sharpen: Transform = (picture) => pixels(pipeline(picture).sharpen({ sigma: 2, m1: 2, m2: 6 }));

/** Tints the picture: shadows stay black, highlights become white. */
export function tint(colour: Colour): Transform {
  return (picture) => mapTones(picture, [[0, 0, 0], colour, [255, 255, 255]], 0.15);
}

export function toneMap(...stops: Colour[]): Transform {
  return (picture) => mapTones(picture, stops);
}

export function posterize(levels: number): Transform {
  return (picture) => mapValues(picture, (value) => Math.round((value / 255) * (levels - 1)) * (255 / (levels - 1)));
}

/** Smooth strokes from a median filter. */
export const paint: Transform = async (picture) => {
  // The window must fit into the picture.
  const window = Math.min(7, picture.width, picture.height);
  return pixels(pipeline(picture).median(window).modulate({ saturation: 1.3 }));
};

/** Pencil on paper: the grey picture divided by the blur of its own negative. */
export const sketch: Transform = async (picture) => {
  const base = await blackAndWhite(picture);
  const soft = await blur(Math.max(1.5, picture.width / 160))(await negative(base));
  return combine(base, soft, (value, shade) => (value * 255) / Math.max(1, 256 - shade));
};

/** Lines where the brightness changes, dark on white. */
export const outlines: Transform = async (picture) => {
  const base = await blur(1.2)(await blackAndWhite(picture));
  const kernel = [-1, -1, -1, -1, 8, -1, -1, -1, -1];
  const lines = await pixels(pipeline(base).convolve({ width: 3, height: 3, kernel }));
  return combine(base, lines, (_, line) => 255 - line * 6);
};

export const emboss: Transform = async (picture) => {
  const base = await blackAndWhite(picture);
  const kernel = [-2, -1, 0, -1, 1, 1, 0, 1, 2];
  const relief = await pixels(pipeline(base).convolve({ width: 3, height: 3, kernel }));
  // A convolution also changes alpha; combining keeps the original.
  return combine(base, relief, (_, value) => value);
};

/** Flat colours with dark lines around them. */
export const cartoon: Transform = async (picture) => {
  const flat = await posterize(6)(await paint(picture));
  return combine(flat, await outlines(picture), (value, line) => (line < 150 ? (value * line) / 255 : value));
};

/** Blends a blurred copy over the picture (screen mode). */
export const glow: Transform = async (picture) => {
  const soft = await blur(Math.max(3, picture.width / 60))(picture);
  return combine(picture, soft, (a, b) => 255 - ((255 - a) * (255 - b)) / 255);
};

export function grain(amount: number, seed = 1): Transform {
  return (picture) => {
    const random = createRandom(seed);
    const noise = Buffer.alloc(picture.data.length);
    for (let at = 0; at < noise.length; at += 1) noise[at] = random() * 255;
    return combine(picture, { ...picture, data: noise }, (value, dust) => value + (dust - 128) * amount);
  };
}
