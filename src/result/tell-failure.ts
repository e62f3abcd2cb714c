// Tells the requester that an edit ended without a picture, and why: nobody else. What stood in the channel while it was
// under way goes, first of all because Discord would turn a follow-up to a reply that still "thinks" into that reply,
// which everybody sees.
import { buttonId, buttons } from '../buttons.ts';
import { isForOperator } from '../edit/failure-reason.ts';
import type { Failed } from '../edit/record.ts';
import type { StepContext } from '../edit/step.ts';
import type { TellOperator } from '../notify/operator.ts';
import type { SendPrivately, Way } from '../notify/private.ts';
import type { Public } from '../notify/public.ts';
import { quoting } from '../notify/quoting.ts';
import type { Texts, Words } from '../texts/texts.ts';

/** Sends what is to be said of a failure. @throws {DiscordTrouble} when Discord is down: try later */
export type TellFailure = (edit: Failed, context: StepContext) => Promise<void>;

/** Whether it was charged, as far as that is on record: without a run, nothing can have been. */
function wasCharged({ charged, runId, reason }: Failed): boolean | undefined {
  return charged ?? (runId === undefined && reason !== 'uncertain' ? false : undefined);
}

/** Why it failed, and what is known besides. */
export function sayFailure(edit: Failed, operatorTold: boolean, t: Texts): string {
  const { failures, most, charged, notCharged } = t.result;
  const { reason, mostBytes } = edit;
  const cost = wasCharged(edit);
  return [
    failures[reason],
    mostBytes !== undefined && (reason === 'too-large' || reason === 'output-large') ? most[reason](mostBytes) : '',
    operatorTold ? t.result.operatorTold : '',
    cost === undefined ? '' : cost ? charged : notCharged,
  ]
    .filter((sentence) => sentence !== '')
    .join(' ');
}

/** The ways on from a failure. */
const tryAgain = ({ id }: Failed, t: Texts) => ({
  buttons: [
    { id: buttonId(buttons.tryAgain, id), label: t.result.tryAgain },
    { id: buttonId(buttons.changeFailed, id), label: t.result.change.button },
  ],
});

export function createTellFailure(options: {
  public: Pick<Public, 'send' | 'clear'>;
  sendPrivately: SendPrivately;
  tellOperator: TellOperator;
}): TellFailure {
  return async (edit, { note }) => {
    const { reason, detail } = edit;
    const told =
      isForOperator(reason) && (await options.tellOperator(reason, (t) => t.result.operator[reason](detail)));
    const words: Words = (t) => sayFailure(edit, told, t);
    if (edit.origin.guildId === undefined) {
      // Nobody else reads it, and what is private elsewhere would be gone after a reload.
      await quoting((quoted) => {
        const prompt = (t: Texts) => (quoted ? `${t.general.prompt(edit.input.prompt)}\n` : '');
        return options.public.send(
          edit,
          'end',
          (t) => ({ ...tryAgain(edit, t), text: `${prompt(t)}${words(t)}` }),
          note,
        );
      });
      return;
    }
    await options.public.clear(edit);
    // After "Post again" it is told anew.
    const how = { purpose: `failed${edit.round ?? ''}`, first: 'follow-up' } as const;
    // A direct message is not where it was asked for: another edit would be made there, outside of the server's rules.
    const write = (t: Texts, way: Way) => ({ ...(way === 'direct' ? {} : tryAgain(edit, t)), text: words(t) });
    if (await options.sendPrivately(edit, write, how)) return;
    // Neither a token nor direct messages: a word in the channel, without what and why, is better than silence.
    await options.public.send(edit, 'end', (t) => ({ text: t.result.failedUnheard }), note);
  };
}
