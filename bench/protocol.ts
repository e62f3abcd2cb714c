// The IPC messages between the benchmark and the stand-ins' process: orders and answers.
import { z } from 'zod';

export const order = z.discriminatedUnion('do', [
  /** New stand-ins for the next subject; runs take `runMs` and end with a picture of about `pictureBytes`. */
  z.object({ do: z.literal('open'), runMs: z.number(), pictureBytes: z.number() }),
  /** Resolves once the subject is connected and its command is registered. */
  z.object({ do: z.literal('connected') }),
  /** Requests edits at a fixed rate, even if earlier ones are late; answered when the last picture is posted. */
  z.object({ do: z.literal('steady'), perSecond: z.number(), seconds: z.number() }),
  /** Keeps that many edits under way until told 0. */
  z.object({ do: z.literal('keep'), inFlight: z.number() }),
  /** Only observes, for `ms` milliseconds. */
  z.object({ do: z.literal('look'), ms: z.number() }),
  /** Waits until no edit is under way. */
  z.object({ do: z.literal('drain') }),
  /** Stops runs from ending by themselves, and requests edits until `waiting` of them wait. */
  z.object({ do: z.literal('fill'), waiting: z.number() }),
  /** `times` times, `atOnce` at a time: ends a waiting run, waits for its picture, requests another edit. */
  z.object({ do: z.literal('cycle'), times: z.number(), atOnce: z.number() }),
  /** Requests flagged edits of 39-megapixel pictures; answered when each has its card in the review channel. */
  z.object({ do: z.literal('cards'), edits: z.number() }),
  /** Ends all waiting runs at once; answered when the last picture is posted. */
  z.object({ do: z.literal('release') }),
]);
export type Order = z.infer<typeof order>;

const milliseconds = z.array(z.number());

export const tally = z.object({
  elapsedMs: z.number(),
  /** Per edit of this order, in milliseconds. */
  acknowledged: milliseconds,
  created: milliseconds,
  /** From the end of the run to the last byte of the upload. */
  posted: milliseconds,
  /** `keeping`: to put originals away, after a picture is posted. */
  requests: z.object({ discord: z.number(), runflow: z.number(), keeping: z.number(), downloads: z.number() }),
  /** As counted on the subject's sockets. */
  bytes: z.object({ in: z.number(), out: z.number() }),
  pictureBytes: z.number(),
  /** The stand-ins' own processor time, and the longest time they left their sockets unread. */
  standIns: z.object({ cpuMs: z.number(), stallMs: z.number() }),
  /** Requests the stand-ins would have refused, and edits without a picture. */
  trouble: z.array(z.string()),
});
export type Tally = z.infer<typeof tally>;

export const answer = z.object({
  tally,
  discordUrl: z.string(),
  runflowUrl: z.string(),
});
export type Answer = z.infer<typeof answer>;

/** An order or its answer, with the number that links them. */
export const numberedOrder = z.object({ number: z.number(), order });
export const numberedAnswer = z.object({ number: z.number(), answer: answer.optional(), error: z.string().optional() });
