// Custom ids of buttons, selects and modals: what a press does, and to which edit. Posted ones outlive restarts, so
// never change what a name means.

/** The part of a custom id before its first colon; the edit's id follows. */
export const buttons = {
  again: 'again',
  further: 'further',
  change: 'change',
  tryAgain: 'try-again',
  changeFailed: 'change-failed',
  share: 'share',
  more: 'more',
  morePicture: 'more-picture',
  details: 'details',
  cover: 'cover',
  show: 'show',
  delete: 'delete',
  askDelete: 'ask-delete',
  deleteConfirmed: 'delete-confirmed',
  contest: 'contest',
  withdraw: 'withdraw',
  editImage: 'edit-image',
  compose: 'compose',
  asWritten: 'as-written',
  corrected: 'corrected',
  approve: 'review-approve',
  approveSpoiler: 'review-spoiler',
  reject: 'review-reject',
  rejectReason: 'review-reject-why',
  takeDown: 'review-take-down',
  takeDownReason: 'review-take-down-why',
  keep: 'review-keep',
  timeOut: 'review-time-out',
  liftTimeOut: 'lift-time-out',
  reportReason: 'report-why',
  unblur: 'unblur',
  undo: 'review-undo',
  postAgain: 'review-post-again',
  logPage: 'audit-page',
  queueDecide: 'queue-decide',
  queueBecause: 'queue-because',
  queueWrite: 'queue-write',
  queueWritten: 'queue-written',
  queueSkip: 'queue-skip',
  queueStop: 'queue-stop',
  queueReveal: 'queue-reveal',
  queueShow: 'queue-show',
  queueNote: 'queue-note',
  queueNoted: 'queue-noted',
  memberNote: 'member-note',
  memberNoted: 'member-noted',
  queueRejectAll: 'queue-reject-all',
  queueAllRejected: 'queue-reject-all-why',
  settingsPage: 'settings-page',
  settingsPick: 'settings-pick',
  settingsSet: 'settings-set',
  settingsNumber: 'settings-number',
  settingsDefault: 'settings-default',
  settingsWords: 'settings-words',
  settingsLook: 'settings-look',
} as const;

export type ButtonName = (typeof buttons)[keyof typeof buttons];

/** Builds a custom id: the name and the handler's arguments. Discord allows 100 characters. */
export function buttonId(name: ButtonName, ...args: readonly string[]): string {
  return [name, ...args].join(':');
}

/** Splits a custom id into its name and arguments. */
export function readButtonId(customId: string): { name: string; args: string[] } {
  const [name = '', ...args] = customId.split(':');
  return { name, args };
}

/** The edit whose result has these components (as JSON, however nested), found by its *Again* button. */
export function findResultEdit(components: unknown): string | undefined {
  return new RegExp(`"${buttons.again}:(\\d{1,20})"`).exec(JSON.stringify(components))?.[1];
}
