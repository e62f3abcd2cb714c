// What a step is: it is given an edit, touches the world, and says what happened, or when to come back.
import type { Edit, EditEvent } from './edit.ts';

/** Nothing to do before that time, unless something happens. */
export type Wait = { type: 'wait'; until: number };

export type StepContext = {
  /** Saves that something happened in the middle of a step, before the step goes on. */
  note(event: EditEvent): Promise<void>;
  /** Aborted when the process stops. */
  signal: AbortSignal;
};

export type Step<State extends Edit> = (edit: State, context: StepContext) => Promise<EditEvent | Wait>;

/**
 * The moments at which a crash is tried out in the tests. Nothing happens at them in production.
 * - `accepted` the record is saved, nothing is acknowledged
 * - `acknowledged` Discord has the acknowledgement
 * - `sending` saved that a create request leaves; it has not left
 * - `created` the create request was answered; the run's id is not saved
 * - `running` the run's id is saved
 * - `callback` a callback's outcome is saved; it is not answered yet
 * - `settled` the outcome is in the record
 * - `downloaded` the pictures are here; nothing is posted
 * - `posted` Discord took the message; that is not saved
 * - `delivered` the edit is closed
 */
export type Moment =
  | 'accepted'
  | 'acknowledged'
  | 'sending'
  | 'created'
  | 'running'
  | 'callback'
  | 'settled'
  | 'downloaded'
  | 'posted'
  | 'delivered';

export type AtMoment = (moment: Moment, editId: string) => void | Promise<void>;
