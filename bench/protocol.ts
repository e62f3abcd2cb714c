// What the benchmark asks of the process that holds the stand-ins, and what it is answered, over the IPC channel.
import { z } from 'zod';

export const order = z.discriminatedUnion('do', [
  /** New stand-ins for the next subject; runs take `runMs` and end with a picture of about `pictureBytes`. */
  z.object({ do: z.literal('open'), runMs: z.number(), pictureBytes: z.number() }),
  /** Resolves once the subject is connected and its command is registered. */
  z.object({ do: z.literal('connected') }),
  /** So many edits a second, whatever becomes of them; answered when the last picture is posted. */
  z.object({ do: z.literal('steady'), perSecond: z.number(), seconds: z.number() }),
  /** Keeps that many edits under way until told 0. */
  z.object({ do: z.literal('keep'), inFlight: z.number() }),
  /** Only looks, for that long. */
  z.object({ do: z.literal('look'), ms: z.number() }),
  /** Waits until nothing is under way. */
  z.object({ do: z.literal('drain') }),
  /** Runs do not end by themselves any more; edits are asked for until so many wait. */
  z.object({ do: z.literal('fill'), waiting: z.number() }),
  /** So many times: a waiting run ends, its picture is posted, another edit takes its place; `atOnce` at a time. */
  z.object({ do: z.literal('cycle'), times: z.number(), atOnce: z.number() }),
  /** All waiting runs end at once; answered when the last picture is posted. */
  z.object({ do: z.literal('release') }),
]);
export type Order = z.infer<typeof order>;

const milliseconds = z.array(z.number());

export const tally = z.object({
  elapsedMs: z.number(),
  /** Of every edit of this order, in milliseconds. */
  acknowledged: milliseconds,
  created: milliseconds,
  /** From the end of the run to the last byte of the upload. */
  posted: milliseconds,
  requests: z.object({ discord: z.number(), runflow: z.number(), downloads: z.number() }),
  /** As the subject's sockets saw them. */
  bytes: z.object({ in: z.number(), out: z.number() }),
  pictureBytes: z.number(),
  /** The stand-ins' own processor time and the longest time that they did not look at their sockets. */
  standIns: z.object({ cpuMs: z.number(), stallMs: z.number() }),
  /** What the stand-ins would have refused, and edits without a picture. */
  trouble: z.array(z.string()),
});
export type Tally = z.infer<typeof tally>;

export const answer = z.object({
  tally,
  discordUrl: z.string(),
  runflowUrl: z.string(),
});
export type Answer = z.infer<typeof answer>;

/** An order or its answer with the number that ties them. */
export const numberedOrder = z.object({ number: z.number(), order });
export const numberedAnswer = z.object({ number: z.number(), answer: answer.optional(), error: z.string().optional() });
