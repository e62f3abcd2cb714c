// English: a result's caption and buttons, and how an edit ended without a picture.

import { escapeText, mebibytes, shorten } from '../format.ts';

/** Whoever cannot mend it reads no more of it than this. */
const operatorOnly = "I can't make this edit now: something here has to be put right by whoever operates this bot.";

/** For the operator: what was answered. */
const answered = (detail: string) => `-# ${escapeText(shorten(detail.replace(/\s+/g, ' '), 300))}`;

export const result = {
  again: 'Again',
  tryAgain: 'Try again',
  goesOn: 'This edit goes on after all, so there is nothing to try again.',
  notShownNow: "This picture isn't shown any more, so nothing more can be made of it.",
  /** Pictures of one message, numbered as they are shown. */
  picture: (position: number) => `Picture ${position}`,
  which: 'Which picture?',

  /** A new edit of this result. */
  further: {
    button: 'Edit further',
    title: 'Edit this result further',
    label: 'What should change now?',
    placeholder: 'now make it night',
  },

  /** A result that only its requester sees. */
  share: {
    button: 'Share',
    notYours: 'Only the person who asked for this picture can share it.',
    shared: 'You have shared this picture already.',
  },

  /** The same original with other words. */
  change: {
    button: 'Change',
    title: 'Change this edit',
    prompt: 'What should change?',
    size: 'Size',
    sameSize: 'As the original',
    seed: 'Seed',
    seedHint: 'The same seed keeps more of this result. Empty: a random one.',
    badSeed: 'The seed has to be a whole number such as 42. Leave it empty for a random one.',
  },

  /** What only its reader sees of a result. */
  more: {
    button: 'More…',
    title: 'What would you like to do with this result?',
    titleOf: (position: number) => `What would you like to do with picture ${position} of this result?`,
    forgotten: "I don't remember this edit any more. I can only delete its message.",
    cover: 'Spoiler',
    show: 'Show',
    covered: 'The picture is a spoiler now.',
    shown: 'The picture is shown now.',
    notYourCover: 'Only the person who asked for this picture, or a moderator, can do that.',
    mayNotShow:
      'Only a moderator can show this picture: it was made a spoiler by a moderator or by the rules of this server, or the picture that it was made from is one.',
    staysCovered: "An older version of mine made this picture a spoiler by its file name, which can't be changed.",
    notCovered: "Discord doesn't let me change this message right now. Please try again later.",
  },

  delete: 'Delete',
  confirmDelete: 'Delete this picture for everyone?',
  confirmDeleteButton: 'Yes, delete it',
  deleted: 'Deleted.',
  stillStands:
    "It still stands there: Discord doesn't let me delete it right now. I keep trying until it is gone; you need not do anything.",
  notDeleted: "Discord doesn't let me delete this message right now. Please try again later.",
  notYours: 'Only the person who asked for this picture, or a moderator, can delete it.',
  forgotten: "I don't remember this edit any more. Use /edit to make a new one.",
  alreadyDeleted: 'This picture is already deleted.',

  /** The small line under a result. */
  caption: {
    /** Whoever sees it is told that no camera made it. */
    made: 'AI edit',
    seed: (seed: number | string) => `seed ${seed}`,
    size: (width: number, height: number) => `${width} × ${height}`,
    steps: (steps: number) => `${steps} steps`,
    seconds: (seconds: number) => `${seconds.toFixed(1)} s`,
    cost: (usd: number) => `$${Number(usd.toFixed(6))}`,
    estimatedCost: (usd: number) => `about $${usd.toFixed(3)}`,
    editedFrom: (link: string) => `edited from ${link}`,
    partial: (got: number, wanted: number) => `${got} of ${wanted} pictures`,
    firstFrame: 'made of the first frame',
    shrunk: (format: string) => `compressed to ${format} to fit the upload limit`,
  },

  details: {
    button: 'Details',
    title: '**Details**',
    actualPrompt: (prompt: string) => `The model was given: ${prompt}`,
    sameSize: 'the size of the original',
    count: (pictures: number) => (pictures === 1 ? '1 picture' : `${pictures} pictures`),
    unsafe: 'safety check off',
    seed: (seed: number | string) => `Seed: \`${seed}\``,
    run: (runId: string) => `Run: \`${runId}\``,
    asked: (when: string) => `asked for ${when}`,
    begun: (when: string) => `run created ${when}`,
    posted: (when: string) => `posted ${when}`,
    took: (seconds: string) => `the model took ${seconds}`,
    cost: (cost: string) => `Cost: ${cost}`,
    costUnknown: 'not known',
    recipe: (code: string) => `Recipe: \`${code}\``,
    recipeFile: 'The recipe is in the file.',
    chain: 'Edited from, the latest first:',
    forgotten: 'deleted or forgotten',
    cut: '- …',
  },

  /** In a direct message, when nothing can be posted in the channel. */
  sentDirectly: (channelId: string) => `I could not post your picture in <#${channelId}>, so here it is.`,
  /** The same for a private one. */
  sentDirectlyLate: (channelId: string) =>
    `Your private picture from <#${channelId}> took longer than Discord lets me answer there, so here it is.`,

  /** Why there is no picture. What it cost is said apart, where the run's record says it. */
  failures: {
    credit: operatorOnly,
    key: operatorOnly,
    forbidden: operatorOnly,
    model: operatorOnly,
    refused: operatorOnly,
    invalid: "The model didn't accept this request. Change the prompt or the options and try again.",
    busy: 'The model has too much to do right now. Please try again in a few minutes.',
    unavailable: 'The model is not available right now. Please try again in a few minutes.',
    'not-started': 'I lost track of this edit before it was started. Please ask for it again.',
    'run-failed': "The model couldn't make this edit. Try another prompt or picture.",
    'run-canceled': 'The edit was canceled at Runflow. Please try again.',
    'source-gone':
      'The picture to edit could not be fetched: its address has expired, or it was deleted. Use /edit and upload it again.',
    'source-unreadable':
      "The picture that you sent can't be read, or is too large to convert. Save it anew as PNG or JPEG and try again.",
    filtered: "The model's own filter refused this edit. Try another prompt or picture.",
    'flagged-empty': 'The model flagged the result as not safe for everyone and gave no picture. Try another prompt.',
    uncertain:
      'Runflow never said whether it had taken this edit, so I gave it up. Please try again; it may have been charged.',
    'run-lost': "Runflow doesn't know any more how this edit ended, or whether it was charged. Please try again.",
    timeout:
      "The model didn't finish within a day, so I stopped looking. Please try again; this one may still be charged.",
    'bad-output': 'What the model sent back is not a picture. Please try again.',
    'output-gone': 'The finished picture could not be fetched from Runflow any more. Please try again.',
    'output-refused':
      "The finished picture could not be fetched: it is at an address that I don't fetch from. Only whoever operates this bot can change that.",
    'output-large': 'The finished picture is too large for me to fetch. Try a smaller `size`.',
    'too-large': "I couldn't make the finished picture small enough to post it here. Try a smaller `size`.",
    'size-refused':
      "Discord didn't take the finished picture, not even when I had made it smaller than 1 MiB. Try a smaller `size`.",
    undeliverable:
      'The picture could not be posted in the channel. Ask a moderator whether I may post pictures there, then try again.',
    explicit: "Discord takes this picture for explicit and doesn't let me post it. Try another prompt or picture.",
  },
  /** In the channel, where its requester can be told in no other way. */
  failedUnheard: "Your edit didn't work out. You take no direct messages from me, so I can't say more here.",
  most: {
    'output-large': (bytes: number) => `It may have ${mebibytes(bytes)}.`,
    'too-large': (bytes: number) => `A file may have ${mebibytes(bytes)} here.`,
  },
  notCharged: 'Nothing was charged.',
  charged: 'It was charged all the same.',
  /** Only after a message has left. */
  operatorTold: 'They have been told.',

  /** To the operator: what only they can mend. */
  operator: {
    credit: (detail: string) =>
      `**darkroom makes no edits: the Runflow credit has run out.** Top it up.\n${answered(detail)}`,
    key: (detail: string) =>
      `**darkroom makes no edits: Runflow doesn't accept the key.** Set another RUNFLOW_API_KEY.\n${answered(detail)}`,
    forbidden: (detail: string) =>
      `**darkroom makes no edits: the Runflow key may not use the model.** Give it the scope to create runs.\n${answered(detail)}`,
    model: (detail: string) =>
      `**darkroom makes no edits: Runflow doesn't know the model.** Check RUNFLOW_MODEL.\n${answered(detail)}`,
    refused: (detail: string) => `**Runflow refused an edit of darkroom.**\n${answered(detail)}`,
    'output-refused': (detail: string) =>
      `**darkroom may not fetch a finished picture.** If its address is one of yours, name its range in TRUSTED_RANGES.\n${answered(detail)}`,
  },

  /** A result that is not shown: in the channel, and to its requester alone. */
  notShown: {
    rejected: 'A moderator decided not to show this result.',
    expired: 'Nobody reviewed this result in time, so it is not shown.',
  },
  notShownPrivate: {
    flagged: 'The model flagged your result as not safe for everyone, so I did not post it.',
    unchecked: 'Your result was not checked for safety, and only checked ones are shown here.',
    rejected: (reason: string) =>
      `A moderator decided not to show your result.${reason === '' ? '' : ` Reason: ${reason}`}`,
    expired: 'No moderator looked at your result in time, so it is not shown.',
  },
};
