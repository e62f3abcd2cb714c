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
  | 'too-large'
  | 'undeliverable'
  /** Discord's filter takes the picture for explicit. */
  | 'explicit';
