// English: what moderators read on cards and in lists, and what members are told about decisions.
import { quote, time } from '../format.ts';

/** By what way its requester hears what becomes of a held result. */
const howHeard =
  'What they approve, I post in the channel. If they decide otherwise, I tell you in a direct message; if you take none from me, the line in the channel says it.';

export const moderation = {
  mayNotModerate: 'That is for moderators: you need Manage Messages, or the moderator role of this server.',
  refusedPrompt: (entry: string) =>
    `This server does not allow “${quote(entry)}” in prompts. Nothing was made and nothing was charged.`,
  forbiddenPrompt: (entry: string) =>
    `I don't take “${quote(entry)}” in prompts. Nothing was made and nothing was charged.`,
  /** `message`: what those who run the server tell whoever writes it. */
  refusedByRule: (message: string | undefined) =>
    `This server's AutoMod does not let that prompt through. Change it and try again.${message === undefined ? '' : `\n> ${quote(message)}`}`,
  rulesUnread: "I can't read this server's AutoMod rules right now. Nothing was charged; please try again in a minute.",
  listUnread:
    "I can't read this server's prompt list, so I take no edits here until somebody who runs it has set it again with `/settings blocklist`. Nothing was charged.",
  noDirectMessages:
    'I edit pictures in servers only, not in direct messages. Nothing was made and nothing was charged.',
  timedOut: (until: number) => `A moderator has paused your edits until ${time(until, 'f')} (${time(until, 'R')}).`,

  held: {
    waiting: 'This result is waiting for a moderator.',
    flagged: `The model flagged your result, so a moderator looks at it first. ${howHeard}`,
    unchecked: `Your result was not checked for safety, so a moderator looks at it first. ${howHeard}`,
    explicit: `Discord's own filter takes your result for explicit and doesn't let me post it here, so a moderator looks at it first. ${howHeard}`,
    contested: `You asked for another look, so I show your result to the moderators. ${howHeard}`,
    unseen: (until: number) =>
      `A moderator has to look at your result first, and right now I can't reach them in this server. I keep it until ${time(until, 'f')}; if nobody has looked at it by then, it is not shown.`,
    /** Once it is over, in the same note. */
    approved: (link: string) => `A moderator approved your result: ${link}`,
    lost: 'Your result could not be shown. I tell you why in a message of its own.',
    deleted: 'Your result was deleted.',
  },

  /** To those who run a server. */
  room: {
    told: {
      unset: () =>
        'Results are waiting for a moderator, but this server has no review channel any more. Set one with `/settings moderation review-channel`; they wait until then, or until they expire.',
      gone: () =>
        'Results are waiting for a moderator, but the review channel was deleted. Set another one with `/settings moderation review-channel`; they wait until then, or until they expire.',
      elsewhere: () =>
        'Results are waiting for a moderator, but the review channel is not in this server. Set another one with `/settings moderation review-channel`; they wait until then, or until they expire.',
      closed: (channelId: string) =>
        `Results are waiting for a moderator, but I can't use the review channel <#${channelId}>. Let me view it, send messages, attach files and read its history; they wait until then, or until they expire.`,
      public: (channelId: string) =>
        `Results are waiting for a moderator, but everyone can see the review channel <#${channelId}>, so I post none there. Make it private, or set another one with \`/settings moderation review-channel\`; they wait until then, or until they expire.`,
    },
  },

  card: {
    heldFlagged: '**Flagged result** – the model marked it as not safe for everyone.',
    heldUnchecked: '**Unchecked result** – nothing checked whether it is safe for everyone.',
    heldExplicit: "**Refused result** – Discord's own filter takes it for explicit and did not let me post it.",
    reported: (names: string, more: number) =>
      `**Reported result** – by ${names}${more > 0 ? ` and ${more} more` : ''}.`,
    stillStands: "⚠️ **The picture still stands in the channel: Discord doesn't let me delete it. I keep trying.**",
    message: (link: string) => `[the message](${link})`,
    undoneAt: (at: number) => `taken back ${time(at, 'f')}`,
    remark: (by: string, text: string) => `note by <@${by}>: ${text}`,
    memberRemark: (by: string, text: string) => `note about this member by <@${by}>: ${text}`,
    contested: '**The requester asked for another look.**',
    asksAgain: (memberId: string) => `<@${memberId}> asks for another look at this.`,
    claimed: (by: string, until: number) => `<@${by}> is looking at this (until ${time(until, 'f')}).`,
    nobody: 'nobody in time',
    seed: (seed: number | string) => `seed ${seed}`,
    /** What a card had to be posted without. */
    unshown: {
      gone: 'The picture that was edited is not shown here: it can no longer be fetched.',
      unreadable: 'The picture that was edited is not shown here: what could be fetched is no complete picture.',
      'too-large': 'The picture that was edited is not shown here: it could not be made small enough.',
      words: "The prompt and the picture that was edited are not shown here: Discord doesn't take them.",
    },
    moreSources: (count: number) =>
      count === 1
        ? 'One more picture was given; it is not shown here.'
        : `${count} more pictures were given; they are not shown here.`,
    actualPrompt: (prompt: string) => `the model was given: ${prompt}`,
    history: (held: number, approved: number, rejected: number) =>
      `other edits of this member: ${held} held back, ${approved} approved, ${rejected} rejected`,
    /** Earlier verdicts on pictures that look alike; the last of them follows. */
    alike: {
      results: (rejected: number, shown: number) => `results that look alike: ${rejected} not shown, ${shown} shown;`,
      sources: (rejected: number, shown: number) =>
        `other edits of a picture that looks alike: ${rejected} not shown, ${shown} shown;`,
      last: 'the last:',
    },
    inputAlt: 'The picture that was edited',
    reminder: (since: number, link: string) => `A card is waiting for a moderator since ${time(since, 'R')}: ${link}`,

    approve: 'Approve',
    approveSpoiler: 'Approve as spoiler',
    reject: 'Reject',
    takeDown: 'Take down',
    keep: 'Keep',
    undo: 'Undo',
    postAgain: 'Post again',
    deleted: (by: string) => `**Deleted** · <@${by}>`,
    notPosted: (why: string) => `**Approved, but not posted.** ${why}`,
    /** Why, to moderators; by the reason of the failure. */
    whyNotPosted: {
      'bad-output': 'What could be fetched is no complete picture.',
      'output-gone': 'It can no longer be fetched.',
      'output-refused': "It is at an address that I don't fetch from; only whoever operates me can change that.",
      'output-large': 'It is larger than what I fetch.',
      'too-large': "I couldn't make it small enough for that channel.",
      'size-refused': 'Discord takes it at no size.',
      undeliverable:
        "Discord doesn't let me post it in that channel. Look whether I may view it, send messages and attach files there.",
      explicit: 'Discord takes it for explicit.',
    },
    notRestored: (why: string) => `**Taken back, but the picture could not be posted again.** ${why}`,
    timeOut: 'Time-out member from editing …',
    /** By hours. */
    timeOutChoices: { '1': 'for 1 hour', '24': 'for 1 day', '168': 'for 7 days' },
    timedOut: (memberId: string, until: number) => `<@${memberId}> cannot edit until ${time(until, 'f')}.`,

    rejectTitle: 'Reject this result',
    takeDownTitle: 'Take this picture down',
    rejectReason: 'Reason',
    rejectNote: 'Note to the member',
  },

  verdicts: {
    approved: 'Approved',
    'approved-spoiler': 'Approved as spoiler',
    rejected: 'Rejected',
    expired: 'Not reviewed',
    kept: 'Kept',
    'taken-down': 'Taken down',
  },
  done: (verdict: string) => `${verdict}.`,
  stillStands: (done: string) =>
    `${done} But the picture still stands in the channel: Discord doesn't let me delete it right now. I keep trying, and the card will say when it is gone.`,
  undone: 'Taken back. The card is open again.',
  undoneTakeDown: 'Taken back. The card is open again, and I post the picture again.',
  postingAgain: 'I try to post it again.',
  tooLate: (verdict: string, by: string, at: number) => `Too late: ${verdict.toLowerCase()} by ${by} ${time(at, 'R')}.`,
  tooLateExpired: (at: number) => `Too late: nobody decided in time, so it ended ${time(at, 'R')}.`,
  notUndone: {
    open: 'There is nothing to take back: nobody has decided.',
    expired: 'Nobody decided this: its time was over.',
    other: (by: string) => `Only <@${by}>, who decided, can take that back.`,
    late: (at: number) => `That was decided ${time(at, 'R')}. A decision can be taken back for 15 minutes.`,
    'not-posted': 'The picture could not be posted, so there is nothing to take back.',
    deleted: 'The picture was deleted since, and what is deleted does not come back.',
    reported: 'The picture was reported since: that newer card decides about it now.',
    gone: 'The picture is gone for good, here and at Runflow, so I could not post it again. The decision stays.',
  },
  beingPosted: 'The picture is being posted right now. Please try again in a moment.',
  claimed: (by: string, until: number) =>
    `<@${by}> is looking at this, until ${time(until, 'R')} at most. You can still decide with the other buttons: the first decision counts.`,
  notOpen: 'There is nothing to decide here any more.',
  notModerator: 'Only moderators of this server can do that.',
  ownEdit: 'Somebody else has to decide about your own edit.',

  withdraw: {
    button: 'Withdraw it',
    done: "Withdrawn. It won't be shown, and the moderators have nothing to decide about it any more.",
    notYours: 'Only the person who asked for this edit can withdraw it.',
    tooLate: 'This result does not wait for a moderator any more, so there is nothing to withdraw.',
  },

  contest: {
    button: 'Ask for another look',
    asked: 'I have asked the moderators for another look.',
    later: "I can't reach the moderators right now, and ask them for another look as soon as I can.",
    waits: 'No moderator has decided yet. Should they reject it, you can ask for another look then.',
    twice: 'The moderators know already that you asked for another look.',
    shown: 'This result was approved, so there is nothing to ask for.',
    closed: 'This result has been decided for good.',
    noChannel: 'This server has no review channel any more. Please ask a moderator directly.',
    notYours: 'Only the person who asked for this edit can do that.',
  },

  blur: {
    menu: 'Blur',
    done: (count: number) => (count === 1 ? 'The picture is blurred now.' : `The ${count} pictures are blurred now.`),
    already: 'It is blurred already.',
    undo: 'Undo',
    undone: 'It is shown again as it was.',
    notOurs: 'I can only blur pictures that I posted.',
  },

  report: {
    menu: 'Report this edit',
    note: 'What they should know (optional)',
    taken: {
      opened: 'Thank you. I show it to the moderators, and tell you in a direct message what comes of it.',
      joined:
        'It is reported already, and the moderators decide about it. I tell you in a direct message what comes of it.',
      later:
        "Thank you. I can't reach the moderators right now, and show it to them as soon as I can. If it can't wait, please tell one of them directly.",
    },
    notOurs: 'I can only take reports about pictures that I posted.',
    otherServer: 'That picture belongs to another server, and only its moderators can decide about it.',
    tooOld: "I don't remember this picture any more. Please tell a moderator directly; they can delete it.",
    notShown: 'This picture is not shown any more.',
    noChannel: 'This server has no review channel. Please tell a moderator directly.',
    tooMany: (most: number, minutes: number, until: number) =>
      `You have made ${most} reports within ${minutes} minutes, which is the most. You can report again ${time(until, 'R')}.`,
    takenDown: 'A moderator took down the picture that you reported. Thank you.',
    deleted: 'The picture that you reported was deleted.',
    kept: 'The moderators looked at the picture that you reported and decided to keep it.',
    unseen: 'No moderator looked at the picture that you reported in time, so it stays.',
    /** After an answer whose decision was taken back. */
    anew: {
      takenDown:
        'The moderators looked again at the picture that you reported, and a moderator took it down. Thank you.',
      kept: 'The moderators looked again at the picture that you reported and decided to keep it.',
      unseen:
        'What was decided about the picture that you reported was taken back, and no moderator decided anew in time, so it stays.',
    },
    requester: (reason: string) =>
      `A moderator took down your picture after a report.${reason === '' ? '' : ` Reason: ${reason}`}`,
  },

  blocklist: {
    empty: 'Tell me at least one word.',
    tooLong: (entry: string, given: number, limit: number) =>
      `“${quote(entry)}” is too long: it has ${given} characters, and an entry can have at most ${limit}.`,
    noWord: (entry: string) => `There is no word in “${quote(entry)}”.`,
    star: (entry: string) =>
      `In “${quote(entry)}” a * stands where it can't: put it at the start or the end of a word.`,
    tooOpen: (entry: string) => `“${quote(entry)}” would refuse too much: put at least two letters beside a *.`,
    full: (would: number, limit: number) =>
      `That is too much: the list would have ${would} entries, and it can have at most ${limit}.`,
    added: (added: number, all: number, most: number) =>
      `Added ${added}; the list has ${all} of at most ${most} entries.`,
    removed: (removed: number, all: number, most: number) =>
      `Removed ${removed}; the list has ${all} of at most ${most} entries.`,
    notFound: 'None of these is in the list.',
    noEntries: 'The prompt list is empty.',
    entries: (count: number, most: number) => `**Prompt list** (${count} of at most ${most} entries)`,
  },

  member: {
    title: (id: string) => `**<@${id}>**`,
    held: (held: number, approved: number, rejected: number, expired: number) =>
      `Held back ${held} · approved ${approved} · rejected ${rejected} · not reviewed in time ${expired}`,
    others: (takenDown: number, refusedPrompts: number, timeOuts: number) =>
      `Taken down after a report ${takenDown} · refused prompts ${refusedPrompts} · time-outs ${timeOuts}`,
    timeOut: (until: number, by: string, at: number) =>
      `Timed out until ${time(until, 'f')} (${time(until, 'R')}), by <@${by}> ${time(at, 'R')}`,
    noTimeOut: 'May edit.',
    lift: 'Lift the time-out',
    remark: 'Note …',
    noted: (by: string, at: number, text: string) => `-# note by <@${by}> ${time(at, 'R')}: ${text}`,
    lifted: 'The time-out is lifted.',
    notTimedOut: 'There is no time-out any more.',
  },
};
