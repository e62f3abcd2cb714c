// What looks like a slip in a prompt, before it is paid for. Pure, and careful: it only asks, and an ordinary sentence must
// not be asked about (test/run/prompts.ts). The rules know English; other languages pass.

/** What may have been meant otherwise. `corrected`: the prompt as it would be, where that is plain. */
export type Advice = {
  corrected?: string | undefined;
} /** It names the picture at this position, and fewer are given. */ & (
  | { kind: 'missing-picture'; position: number; given: number }
  /** Several pictures are given, and it does not say what each is for. */
  | { kind: 'unnamed-pictures'; given: number }
  /** The model makes what is named, also behind "no". */
  | { kind: 'negation'; words: string }
  /** It looks like a colour in hexadecimal and is none. */
  | { kind: 'no-colour'; colour: string }
  /** A colour for nothing in the picture. */
  | { kind: 'lone-colour'; colour: string }
);

const ordinals = ['first', 'second', 'third', 'fourth', 'fifth'];
const noun = '(?:images?|pictures?|photos?|pics?|img|references?)';
/** What may follow the number of a picture, so that "picture 4 dogs on a sofa" counts no pictures. */
const after =
  '(?=$|\\s*[,.;:!?)\'’"]|\\s+(?:as|at|for|from|with|in|into|on|onto|over|to|and|or|but|is|are|should|must|has|of|like|below|above|instead|while|by|so|then)\\b)';
const numbered = new RegExp(`\\b${noun}\\s*(?:no\\.?\\s*|number\\s*)?#?(\\d{1,2})${after}`, 'gi');
const ordinal = new RegExp(`\\b(${ordinals.join('|')})\\s+${noun}\\b`, 'gi');

/** Words by which people tell pictures apart, or say that they mean all of them. */
const tellsApart = new RegExp(
  `\\b(?:${noun}|${ordinals.join('|')}|other|another|both|all|each|two|three|four|left|right|them|these|those|together|same|combin\\w*|merg\\w*|blend\\w*|mix\\w*|swap\\w*|collage|side by side|style|background|outfit|pose)\\b|\\d`,
  'i',
);
const english = /\b(?:the|a|an|on|in|with|of|and)\b/i;

function missingPicture(prompt: string, given: number): Advice[] {
  const positions = [
    ...[...prompt.matchAll(numbered)].map(([, position]) => Number(position)),
    ...[...prompt.matchAll(ordinal)].map(([, word = '']) => ordinals.indexOf(word.toLowerCase()) + 1),
  ];
  const position = Math.max(0, ...positions);
  return position > given ? [{ kind: 'missing-picture', position, given }] : [];
}

function unnamedPictures(prompt: string, given: number): Advice[] {
  const isSentence = prompt.split(/\s+/).length >= 3 && english.test(prompt);
  if (given < 2 || !isSentence || tellsApart.test(prompt)) return [];
  const others = Array.from({ length: given - 1 }, (_, index) => `image ${index + 2}`);
  return [{ kind: 'unnamed-pictures', given, corrected: `In image 1, using ${others.join(' and ')}: ${prompt}` }];
}

/** Behind these, "no" and "without" are about something else than what the picture shows. */
const idioms =
  '(?:longer|matter|more|less|one|way|doubt|need|idea|problem|change|changes|changing|exceptions?|touching|\\w+ing)';
const negation = new RegExp(
  `(,?\\s*\\b(?:and |but )?(?:with )?)\\b(no|without(?: any)?)\\s+(?!${idioms}\\b)((?:(?:a|an|the)\\s+)?[a-z-]+(?:\\s+(?!(?:and|or|but|in|on|at|with|from|to|for|of|that|which|is|are)\\b)[a-z-]+)?)`,
  'g',
);
/** What stands in quotes, or behind words that announce a text, is to be written, not to be done. */
const isWritten = (before: string) =>
  (before.match(/["“”«»]/g)?.length ?? 0) % 2 === 1 ||
  /\b(?:says?|saying|reads?|reading|text|titled|called|word)\s*:?\s*$/i.test(before);

function negations(prompt: string): Advice[] {
  // At the beginning of a sentence it is written large.
  const plain = prompt.replace(/(^|[.!?]\s+)(No|Without)\b/g, (all) => all.toLowerCase());
  const found = [...plain.matchAll(negation)].filter(
    ({ index, 1: lead = '' }) => !isWritten(plain.slice(0, index + lead.length)),
  );
  return found.map(({ 0: all, 2: no, 3: thing = '', index }) => {
    const before = prompt.slice(0, index).trimEnd();
    const joint = before === '' ? '' : /[.!?]$/.test(before) ? ' ' : ', ';
    const positive = `remove the ${thing.replace(/^(?:an?|the)\s/, '')}`;
    const corrected = before + joint + positive + prompt.slice(index + all.length);
    return { kind: 'negation', words: `${no} ${thing}`, corrected };
  });
}

const hexadecimal = /^(?:[0-9a-f]{6}|(?=[0-9]*[a-f])[0-9a-f]{3})$/i;
/** A digit among letters, or a length that only colours have: "#1" and "#sunset" are something else. */
const looksLikeColour = (word: string) => /\d/.test(word) && (/[a-z]/i.test(word) ? word.length > 3 : word.length > 4);
const filler =
  /^(?:make|paint|colou?r|colou?rs|recolou?r|change|set|turn|use|put|give|apply|add|it|its|this|that|everything|the|a|an|to|in|into|with|of|as|and|please|hex|code|shade|tone|more|be)$/i;

function colours(prompt: string): Advice[] {
  const words = [...prompt.matchAll(/(?<![\w&])#([0-9a-z]{3,9})\b/gi)].map(([, word = '']) => word);
  const wrong = words.filter((word) => !hexadecimal.test(word) && looksLikeColour(word));
  const right = words.filter((word) => hexadecimal.test(word));
  const others = prompt.replace(/#[0-9a-z]+/gi, ' ').match(/[\p{L}\p{N}]+/gu) ?? [];
  const isLone = right.length > 0 && others.every((word) => filler.test(word));
  return [
    ...wrong.map((word): Advice => {
      // Programs that paint write eight digits, of which two are for transparency.
      const corrected = /^[0-9a-f]{8}$/i.test(word) ? prompt.replace(`#${word}`, `#${word.slice(0, 6)}`) : undefined;
      return { kind: 'no-colour', colour: `#${word}`, corrected };
    }),
    ...(isLone && right[0] !== undefined ? [{ kind: 'lone-colour', colour: `#${right[0]}` } as const] : []),
  ];
}

/**
 * What may have been meant otherwise in a prompt, the weightiest first.
 * @param pictures how many are given
 */
export function adviseOn(prompt: string, pictures: number): Advice[] {
  return [
    ...missingPicture(prompt, pictures),
    ...unnamedPictures(prompt, pictures),
    ...colours(prompt),
    ...negations(prompt),
  ];
}

/** The prompt with every plain correction; undefined where there is none. */
export function correct(prompt: string, pictures: number): string | undefined {
  let corrected: string | undefined;
  // One at a time: each changes where the next stands.
  for (let rounds = 0; rounds < 5; rounds += 1) {
    const next = adviseOn(corrected ?? prompt, pictures).find((advice) => advice.corrected !== undefined);
    if (next?.corrected === undefined || next.corrected === corrected) break;
    corrected = next.corrected;
  }
  return corrected;
}
