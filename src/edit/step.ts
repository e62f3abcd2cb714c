// What acts on an edit. A step does the outside work and returns what happened, or when to come back. A change comes
// from a person.
import type { EditEvent } from './events.ts';
import type { Edit, InState, PaidDuty, State } from './record.ts';

/** Nothing to do before `until`, unless something happens. */
export type Wait = { type: 'wait'; until: number };

export type StepContext = {
  /** Saves an event in the middle of a step, before the step goes on. */
  note(event: EditEvent): Promise<void>;
  /** Aborted when the process stops, or when another one may have taken over. */
  signal: AbortSignal;
  /** Asks the store whether nobody else has taken over: right before what must not be done twice. */
  holdsLease(): Promise<boolean>;
};

export type Step<Wanted extends Edit> = (edit: Wanted, context: StepContext) => Promise<EditEvent | Wait>;

/** The step of each state, from the feature that owns it. */
export type Steps = { [Name in Exclude<State, 'deleted'>]: Step<InState<Name>> };

/** Pays a duty. Returns an event when it cannot be paid as it stands. */
export type Payer<Kind extends PaidDuty['kind']> = (
  edit: Edit,
  duty: Extract<PaidDuty, { kind: Kind }>,
) => Promise<EditEvent | undefined>;
export type Payers = { [Kind in PaidDuty['kind']]: Payer<Kind> };

/**
 * Lets a person change an edit: `choose` sees the current record and returns an event, or throws. When somebody else
 * changes the record in between, it is asked again with what is there then.
 * @returns the changed edit; undefined when there is none
 * @throws {UserError} when others keep changing it, and whatever `choose` throws
 */
export type Change = (id: string, choose: (edit: Edit) => EditEvent | undefined) => Promise<Edit | undefined>;

/**
 * The moments at which tests try out a crash. Nothing happens at them in production.
 * - `accepted` the record is saved, nothing is acknowledged
 * - `acknowledged` Discord has the acknowledgement
 * - `uploaded` a converted picture lies at Runflow; that is not saved
 * - `sending` saved that a create request leaves; it has not left
 * - `created` the create request was answered; the run's id is not saved
 * - `running` the run's id is saved
 * - `callback` a callback's outcome is saved; it is not answered yet
 * - `settled` the outcome is in the record
 * - `downloaded` the pictures are here; nothing is posted
 * - `posted` Discord took the message; that is not saved
 * - `delivered` the picture is posted and that is saved
 * - `paid-entry`, `paid-take-down`, `paid-rewrite-card`, `paid-rewrite-note`, `paid-close-card`, `paid-tell-contest`,
 *   `paid-show-claim`, `paid-remember`, `paid-allowance`, `paid-drop-source` that duty is done; that is not saved
 */
export type Moment =
  | 'accepted'
  | 'acknowledged'
  | 'uploaded'
  | 'sending'
  | 'created'
  | 'running'
  | 'callback'
  | 'settled'
  | 'downloaded'
  | 'posted'
  | 'delivered'
  | `paid-${PaidDuty['kind']}`;

export type AtMoment = (moment: Moment, editId: string) => void | Promise<void>;
