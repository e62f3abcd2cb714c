// A bitmap font drawn as SVG paths: a fresh machine may have no fonts, and SVG text would then be blank. Without SVG
// text there is nothing to escape either.

// Five columns by seven rows; one base-32 digit per row, from the top.
const glyphs: Readonly<Record<string, string>> = {
  A: 'ehhvhhh',
  B: 'uhhuhhu',
  C: 'ehggghe',
  D: 'uhhhhhu',
  E: 'vgguggv',
  F: 'vgguggg',
  G: 'ehgnhhf',
  H: 'hhhvhhh',
  I: 'e44444e',
  J: '72222ic',
  K: 'hikokih',
  L: 'ggggggv',
  M: 'hrllhhh',
  N: 'hppljjh',
  O: 'ehhhhhe',
  P: 'uhhuggg',
  Q: 'ehhhlid',
  R: 'uhhukih',
  S: 'fgge11u',
  T: 'v444444',
  U: 'hhhhhhe',
  V: 'hhhhha4',
  W: 'hhhllla',
  X: 'hha4ahh',
  Y: 'hha4444',
  Z: 'v1248gv',
  0: 'ehjlphe',
  1: '4c4444e',
  2: 'eh1248v',
  3: 'v2421he',
  4: '26aiv22',
  5: 'vgu11he',
  6: '68guhhe',
  7: 'v124888',
  8: 'ehhehhe',
  9: 'ehhf12c',
  ' ': '0000000',
  '.': '00000cc',
  ',': '0000c48',
  ':': '0cc0cc0',
  ';': '0cc0c48',
  '!': '4444404',
  '?': 'eh12404',
  "'": '4480000',
  '"': 'aa00000',
  '-': '000e000',
  '+': '044v440',
  '=': '00v0v00',
  '/': '01248g0',
  '\\': '0g84210',
  '(': '2488842',
  ')': '8422248',
  '[': 'e88888e',
  ']': 'e22222e',
  '<': '248g842',
  '>': '8421248',
  '#': 'aavavaa',
  '&': 'cik8lid',
  '%': 'op248j3',
  '@': 'ehnlmge',
  '*': '04lel40',
  _: '000000v',
  $: '4fke5u4',
};
const unknownGlyph = 'vhhhhhv';

/** Character width including the gap, and line height, in dots. */
export const advance = 6;
export const lineHeight = 9;

function simplify(text: string): string {
  return text
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .replace(/[‘’]/g, "'")
    .replace(/[“”]/g, '"')
    .replace(/[‐-―]/g, '-')
    .replace(/\s+/g, ' ')
    .trim()
    .toUpperCase();
}

/** Wraps text to at most `maxLines` lines of `columns` characters; longer text ends in dots. */
export function wrap(text: string, columns: number, maxLines: number): string[] {
  if (columns < 4) return [];
  const lines: string[] = [];
  let line = '';
  for (const word of simplify(text).split(' ')) {
    let rest = word;
    if (line && line.length + 1 + rest.length > columns) {
      lines.push(line);
      line = '';
    }
    while (rest.length > columns) {
      lines.push(rest.slice(0, columns));
      rest = rest.slice(columns);
    }
    line = line ? `${line} ${rest}` : rest;
  }
  if (line) lines.push(line);
  if (lines.length <= maxLines) return lines;
  const kept = lines.slice(0, maxLines);
  kept[maxLines - 1] = `${(kept[maxLines - 1] ?? '').slice(0, columns - 3)}...`;
  return kept;
}

/** SVG path data for a line with its top left corner at x, y; each dot is `dot` pixels wide. */
export function drawLine(text: string, x: number, y: number, dot: number): string {
  const parts: string[] = [];
  [...text].forEach((character, place) => {
    [...(glyphs[character] ?? unknownGlyph)].forEach((digit, row) => {
      const bits = Number.parseInt(digit, 32);
      for (let column = 0; column < 5; column += 1) {
        if (!(bits & (16 >> column))) continue;
        parts.push(`M${x + (place * advance + column) * dot} ${y + row * dot}h${dot}v${dot}h${-dot}z`);
      }
    });
  });
  return parts.join('');
}
