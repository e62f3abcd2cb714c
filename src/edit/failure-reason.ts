// Why an edit ended without a picture: the key of the sentence that its requester reads.

export type FailureReason =
  | 'credit'
  | 'key'
  | 'forbidden'
  | 'invalid'
  | 'model'
  | 'busy'
  | 'unavailable'
  | 'refused'
  | 'run-failed'
  | 'run-canceled'
  /** It was taken in by a process that died, and may have been refused. */
  | 'not-started'
  /** The picture to edit could not be fetched, or is none. */
  | 'source-gone'
  | 'source-unreadable'
  /** The provider's filter refused it; or the result was flagged, and there is none. */
  | 'filtered'
  | 'flagged-empty'
  | 'run-lost'
  | 'timeout'
  /** Whether a run was created could not be found out. */
  | 'uncertain'
  | 'bad-output'
  | 'output-gone'
  | 'output-refused'
  /** Larger than what is fetched; than what may be posted, made smaller; no size of it was taken. */
  | 'output-large'
  | 'too-large'
  | 'size-refused'
  | 'undeliverable'
  /** Discord's filter takes the picture for explicit. */
  | 'explicit';

/** What the operator has to know: `tell` only they can mend it, `log` it may be worth a look. */
const operatorNeeds = {
  credit: 'tell',
  key: 'tell',
  forbidden: 'tell',
  model: 'tell',
  refused: 'tell',
  'output-refused': 'tell',
  'run-lost': 'log',
  undeliverable: 'log',
} as const satisfies { [Reason in FailureReason]?: 'tell' | 'log' };

type Needed = keyof typeof operatorNeeds;
/** What only the operator can mend. */
export type OperatorReason = {
  [Reason in Needed]: (typeof operatorNeeds)[Reason] extends 'tell' ? Reason : never;
}[Needed];

const isNeeded = (reason: FailureReason): reason is Needed => Object.hasOwn(operatorNeeds, reason);

/** Whether the log calls it an error. */
export const concernsOperator = (reason: FailureReason): boolean => isNeeded(reason);

/** Whether only the operator can mend it, so that they are told. */
export const isForOperator = (reason: FailureReason): reason is OperatorReason =>
  isNeeded(reason) && operatorNeeds[reason] === 'tell';
