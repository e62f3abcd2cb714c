// English: requesting an edit, and what is wrong with a request.
import { escapeText, mebibytes, mebibytesOver, shorten } from '../format.ts';

/** A file's name may hold anything, at any length. */
const fileName = (name: string) => escapeText(shorten(name, 100));

export const run = {
  noPrompt: 'Tell me what to change: the prompt is empty.',
  promptLength: (given: number, limit: number) =>
    `That prompt is too long: it has ${given} characters, and at most ${limit} fit.`,
  noPicture: 'There is no picture that I can edit. I read PNG, JPEG, WebP, GIF, HEIC, AVIF, BMP and TIFF.',
  pictures: (given: number, most: number) => `That is too many pictures: ${given}, and I take at most ${most}.`,
  pictureType: (name: string) =>
    `I can't read ${fileName(name)}. Send a PNG, JPEG, WebP, GIF, HEIC, AVIF, BMP or TIFF picture.`,
  pictureEmpty: (name: string) => `${fileName(name)} is an empty file. Upload it again.`,
  pictureDamaged: (name: string) =>
    `Discord finds no picture in ${fileName(name)}. It may be damaged: save it again as PNG, JPEG or WebP.`,
  pictureBytes: (name: string, given: number, most: number) =>
    `${fileName(name)} is too large: it has ${mebibytesOver(given)}, and a picture may have at most ${mebibytes(most)}.`,
  pictureMegapixels: (name: string, width: number, height: number, most: number) =>
    `${fileName(name)} has too many pixels: ${width} × ${height}, and I take at most ${most} megapixels. Scale it down first.`,
  range: (option: string, given: number, least: number, most: number) =>
    `\`${option}\` must be a whole number from ${least} to ${most}; ${given} is not.`,
  safety: 'Only moderators can switch the safety check off, and only in an age-restricted channel.',
  permissions: (missing: readonly string[]) =>
    `I can't post pictures here. Ask a moderator to give me: ${missing.join(', ')}.`,
  ownPermissions: (missing: readonly string[]) =>
    `You may not post pictures here yourself, so I can't post one for you. You would need: ${missing.join(', ')}.`,
  pictureAway: "I can't fetch the original picture right now. Please try again in a minute.",
  sourceExpired: "The original picture isn't available any more. Use /edit and upload it again.",
  picturesExpired:
    "The original picture isn't available any more. You can go on from the result, or use /edit and upload it again.",
  recipe: {
    broken: 'That is no recipe of mine, or it was changed on the way. Copy it whole from the details of a result.',
    otherVersion: "That recipe was made by another version of me, and I can't read it.",
    otherModel: (model: string) => `That recipe is for another model (${fileName(model)}), which isn't offered here.`,
  },
  draftGone:
    "I don't have the chosen picture any more; I keep it for an hour. Choose *Edit this image* on the message again.",
  /** While it takes longer than a minute. */
  waiting: {
    inLine:
      "Your edit is in line: Runflow doesn't take it yet, and nothing is charged until it does. I will post the picture here.",
    looking: 'Runflow did not answer, so I am looking for your edit there. I will post the picture here.',
    running: 'The model is still working on your edit. I will post the picture here.',
    finished: 'Your picture is finished, but I have trouble fetching or posting it. I keep trying.',
  },
  takingLong: 'This takes longer than usual. I keep looking for a day, and post the picture here when it is finished.',

  /** Asked about a prompt before anything is paid for. */
  advice: {
    before: 'Is that what you mean? Nothing is started or charged yet.',
    'missing-picture': (position: number, given: number) =>
      `Your sentence names picture ${position}, and there ${given === 1 ? 'is only one' : `are only ${given}`}.`,
    'unnamed-pictures': (given: number) =>
      `You gave ${given} pictures, and your sentence doesn't say what each is for. Call them "image 1", "image 2" and so on.`,
    negation: (words: string) =>
      `"${escapeText(shorten(words, 100))}": this model tends to make whatever is named. Say what to take away or to show instead.`,
    'no-colour': (colour: string) => `${colour} is not a colour: one has six digits from 0 to f, such as #3366ff.`,
    'lone-colour': (colour: string) => `Say what ${colour} is for, such as "the car" or "the sky".`,
    corrected: (prompt: string) => `> ${escapeText(shorten(prompt.replace(/\s+/g, ' '), 800))}`,
    useCorrected: 'Use the corrected prompt',
    asWritten: 'As I wrote it',
    gone: 'That was already started, or I asked more than an hour ago. Use /edit again.',
  },

  command: {
    description: 'Edit a picture with a sentence',
    image: 'The picture to edit; left out: you are asked for it',
    prompt: 'What to change, in your own words; left out: you are asked for it',
    reference: (position: number) => `Another picture; call it "image ${position}" in the prompt`,
    seed: 'The same seed, prompt and picture give the same result',
    steps: 'More steps take longer and follow the prompt more closely',
    size: 'The size of the result (left out: that of the first picture)',
    sizes: {
      square_hd: 'Square, large (1024 × 1024)',
      square: 'Square (512 × 512)',
      portrait_4_3: 'Portrait 3:4 (768 × 1024)',
      portrait_16_9: 'Portrait 9:16 (576 × 1024)',
      landscape_4_3: 'Landscape 4:3 (1024 × 768)',
      landscape_16_9: 'Landscape 16:9 (1024 × 576)',
    },
    recipe: 'How another result was made: copy it from its details',
    count: 'How many results to make',
    format: 'The file format of the result',
    safety: 'Safety check (moderators: off in age-restricted channels)',
    spoiler: 'Cover the result until somebody presses it',
    private: 'Show the result to you alone; you can share it afterwards',
  },
  /** The modal that asks for what /edit was not given. */
  composer: {
    title: 'Edit a picture',
    pictures: 'Pictures',
    picturesHint: (most: number) => `Up to ${most}. In your sentence, call them "image 1", "image 2" …`,
    prompt: 'What should change?',
    placeholder: 'make it look like a watercolour painting',
    keep: 'Keep everything else as it is',
    keepHint: 'With one picture: says so behind your sentence.',
    size: 'Size',
    sameSize: 'As the first picture',
    looks: 'How it is shown',
    cover: 'As a spoiler',
    coverHint: 'Covered until somebody presses it',
    private: 'To me alone',
    privateHint: 'You can share it afterwards',
    gone: 'I keep what you gave to /edit for an hour only. Use /edit again.',
  },
  menu: {
    name: 'Edit this image',
    title: 'Edit this image',
    label: 'What should change?',
    placeholder: 'make it look like a watercolour painting',
    which: 'Which pictures?',
    whichHint: (most: number) =>
      most === 1
        ? 'Choose one.'
        : `Choose up to ${most}. In your sentence, "image 1" is the first one that you choose.`,
    choice: (position: number, name: string) => shorten(`${position} · ${name}`, 100),
    choiceSize: (width: number, height: number) => `${width} × ${height}`,
    more: (count: number) => `${count} more: I can offer 25 at a time.`,
    leftOut: (reasons: readonly string[]) => `Left out:\n${reasons.join('\n')}`,
  },
};
