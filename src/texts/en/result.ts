// English: a result's caption and buttons, and how an edit ended without a picture.

const notCharged = 'Nothing was charged for it.';

export const result = {
  again: 'Again',
  delete: 'Delete',
  confirmDelete: 'Delete this picture for everyone?',
  confirmDeleteButton: 'Yes, delete it',
  deleted: 'Deleted.',
  stillStands:
    "It still stands there: Discord doesn't let me delete it right now. I keep trying until it is gone; you need not do anything.",
  notDeleted: "Discord doesn't let me delete this message right now. Please try again later.",
  notYours: 'Only the person who asked for this picture, or a moderator, can delete it.',
  alreadyDeleted: 'This picture is already deleted.',

  /** The small line under a result. */
  caption: {
    seed: (seed: number | string) => `seed ${seed}`,
    size: (width: number, height: number) => `${width} × ${height}`,
    steps: (steps: number) => `${steps} steps`,
    seconds: (seconds: number) => `${seconds.toFixed(1)} s`,
    cost: (usd: number) => `$${Number(usd.toFixed(6))}`,
    estimatedCost: (usd: number) => `about $${usd.toFixed(3)}`,
    partial: (got: number, wanted: number) => `${got} of ${wanted} pictures`,
    shrunk: (format: string) => `compressed to ${format} to fit the upload limit`,
  },

  /** In a direct message, when nothing can be posted in the channel. */
  sentDirectly: (channelId: string) => `I could not post your picture in <#${channelId}>, so here it is.`,
  notSent: (channelId: string) => `I could not post your picture in <#${channelId}>: I may not write there any more.`,

  failures: {
    credit: `The operator's Runflow credit has run out. The operator has been told. ${notCharged}`,
    key: `Runflow doesn't accept this bot's key. The operator has been told. ${notCharged}`,
    forbidden: `This bot's Runflow key may not use the model. The operator has been told. ${notCharged}`,
    model: `Runflow doesn't know the model that this bot is set to. The operator has been told. ${notCharged}`,
    invalid: `The model didn't accept this request. Change the prompt or the options and try again. ${notCharged}`,
    busy: `The model has too much to do right now. Please try again in a few minutes. ${notCharged}`,
    unavailable: `The model is not available right now. Please try again in a few minutes. ${notCharged}`,
    refused: `Runflow refused this request. The operator has been told. ${notCharged}`,
    'run-failed': `The model couldn't make this edit. Try another prompt or picture. ${notCharged}`,
    'source-gone': `The picture to edit could not be fetched: its address has expired, or it was deleted. Use /edit and upload it again. ${notCharged}`,
    'run-canceled': `The edit was canceled at Runflow. ${notCharged}`,
    uncertain:
      'Runflow never said whether it had taken this edit, so I gave it up. Please try again; it may have been charged.',
    'run-lost':
      "Runflow doesn't know any more how this edit ended. The operator can see whether it was charged. Please try again.",
    timeout: "The model didn't finish in time. Please try again.",
    'bad-output': 'What the model sent back is not a picture. Please try again.',
    'output-gone': 'The finished picture could not be fetched from Runflow any more. Please try again.',
    'output-refused':
      "The finished picture could not be fetched: it is at an address that I don't fetch from. Trying again changes nothing until the operator has changed that.",
    'too-large': 'The picture is too large for this server, even after shrinking it. Try a smaller `size`.',
    undeliverable: 'The picture could not be posted here.',
    undeliverableSent: 'The picture could not be posted here. Its requester has it in a direct message.',
    explicit: "Discord takes this picture for explicit and doesn't let me post it here.",
  },

  /** A result that is not shown: in the channel, and to its requester alone. */
  notShown: {
    blocked: 'This result was withheld.',
    rejected: 'A moderator decided not to show this result.',
    expired: 'Nobody reviewed this result in time, so it is not shown.',
  },
  notShownPrivate: {
    flagged:
      'The model flagged your result as not safe for everyone, so I did not post it. Only you can see this note.',
    unchecked:
      'Your result was not checked for safety, and this server shows only checked ones. Only you can see this note.',
    rejected: (reason: string) =>
      `A moderator decided not to show your result.${reason === '' ? '' : ` Reason: ${reason}`}`,
    expired: 'No moderator looked at your result in time, so it is not shown.',
  },
};
