// Every word that people read in Discord, in one place: short, friendly, exact. What a member typed goes through
// `escapeText` before it is put into one of these.
import type { FailureReason } from './edit/edit.ts';
import { reviewTexts } from './review-texts.ts';

const megabytes = (bytes: number) => `${Math.floor(bytes / 2 ** 20)} MiB`;

/** Discord's limit for a message's text. */
export const messageLimit = 2000;
/** Discord's limit for an attachment's alt text. */
export const altTextLimit = 1024;

/** A file's name as it is shown: it may hold anything, at any length. */
const fileName = (name: string) => escapeText(shorten(name, 100));

const notYourFault = 'Nothing was charged for it.';

export const texts = {
  permissions: {
    view: 'View Channel',
    send: 'Send Messages',
    sendInThreads: 'Send Messages in Threads',
    attach: 'Attach Files',
    history: 'Read Message History',
  },

  refusals: {
    noPrompt: 'Tell me what to change: the prompt is empty.',
    promptLength: (limit: number) => `That prompt is too long: at most ${limit} characters.`,
    noPicture: 'There is no picture that I can edit. I read PNG, JPEG and WebP.',
    pictures: (most: number) => `That is too many pictures: at most ${most}.`,
    pictureType: (name: string) => `I can't read ${fileName(name)}. Send a PNG, JPEG or WebP picture.`,
    pictureBytes: (name: string) => `${fileName(name)} is too large: at most ${megabytes(20 * 2 ** 20)} a picture.`,
    picturePixels: (name: string) =>
      `${fileName(name)} has too many pixels: at most 40 megapixels. Scale it down first.`,
    range: (option: string, least: number, most: number) =>
      `\`${option}\` must be a whole number from ${least} to ${most}.`,
    safety: 'Only moderators can switch the safety check off, and only in an age-restricted channel.',
    permissions: (missing: readonly string[]) =>
      `I can't post pictures here. Ask a moderator to give me: ${missing.join(', ')}.`,
    picturesExpired: "The original picture isn't available any more. Use /edit and upload it again.",
    unknownEdit: "I don't remember this edit any more. Use /edit to make a new one.",
    draftGone: 'That took too long and I lost track of the picture. Choose it again.',
    notYours: 'Only the person who asked for this picture, or a moderator, can delete it.',
    alreadyDeleted: 'This picture is already deleted.',
    storeDown: "I can't take edits right now. Nothing was charged; please try again in a few minutes.",
    stopping: "I'm restarting. Nothing was charged; please try again in a minute.",
  },

  outage: (reference: string) => `Something went wrong on my side. If it keeps happening, mention \`${reference}\`.`,

  failures: {
    credit: `The operator's Runflow credit has run out. The operator has been told. ${notYourFault}`,
    key: `Runflow doesn't accept this bot's key. The operator has been told. ${notYourFault}`,
    forbidden: `This bot's Runflow key may not use the model. The operator has been told. ${notYourFault}`,
    model: `Runflow doesn't know the model that this bot is set to. The operator has been told. ${notYourFault}`,
    invalid: `The model didn't accept this request. Change the prompt or the options and try again. ${notYourFault}`,
    busy: `The model has too much to do right now. Please try again in a few minutes. ${notYourFault}`,
    unavailable: `The model is not available right now. Please try again in a few minutes. ${notYourFault}`,
    refused: `Runflow refused this request. The operator has been told. ${notYourFault}`,
    'run-failed': `The model couldn't make this edit. Try another prompt or picture. ${notYourFault}`,
    'run-canceled': `The edit was canceled at Runflow. ${notYourFault}`,
    timeout: "The model didn't finish in time. Please try again.",
    'bad-output': 'What the model sent back is not a picture. Please try again.',
    'output-gone': 'The finished picture could not be fetched from Runflow any more. Please try again.',
    'too-large': 'The picture is too large for this server, even after shrinking it. Try a smaller `size`.',
    undeliverable: 'The picture could not be posted here.',
  } satisfies Record<FailureReason, string>,

  takingLong: 'This is taking too long, so I stopped waiting. If the picture still arrives, I will post it here.',
  withheldPublic: 'This result was withheld.',
  withheldPrivate:
    'The model flagged your result as not safe for everyone, so I did not post it. Only you can see this note.',

  review: reviewTexts,

  again: 'Again',
  delete: 'Delete',
  confirmDelete: 'Delete this picture for everyone?',
  confirmDeleteButton: 'Yes, delete it',
  deleted: 'Deleted.',

  shrunk: (format: string) => `compressed to ${format} to fit the upload limit`,
  partial: (got: number, wanted: number) => `${got} of ${wanted} pictures`,
  standInAlt: 'Edited picture',

  commands: {
    edit: {
      description: 'Edit a picture with a sentence',
      image: 'The picture to edit (PNG, JPEG or WebP)',
      prompt: 'What to change, in your own words',
      reference: (position: number) => `Another picture; call it "image ${position}" in the prompt`,
      seed: 'The same seed, prompt and picture give the same result',
      steps: 'More steps take longer and follow the prompt more closely',
      size: 'The size of the result (left out: that of the first picture)',
      count: 'How many results to make',
      format: 'The file format of the result',
      safety: 'Safety check (moderators can switch it off in age-restricted channels)',
    },
    editImage: {
      name: 'Edit this image',
      title: 'Edit this image',
      label: 'What should change?',
      placeholder: 'make it look like a watercolour painting',
    },
  },
};

/** Text from outside, made harmless in a message: markdown shows as typed. Mentions are switched off when it is sent. */
export function escapeText(text: string): string {
  return text.replace(/[\\*_~`|<>@[\]]/g, '\\$&').replace(/^(\s*)([#+-])/gm, '$1\\$2');
}

/** At most `limit` UTF-16 units, cut between characters and marked with an ellipsis. */
export function shorten(text: string, limit: number): string {
  if (text.length <= limit) return text;
  let kept = '';
  for (const character of text) {
    if (kept.length + character.length > limit - 1) break;
    kept += character;
  }
  return `${kept}…`;
}
