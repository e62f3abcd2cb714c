// Asks Runflow, before anybody pays for it and now and then later, whether it accepts the key and knows the model. It only
// reads: what asks for a run, however incomplete, might be taken for one.
import { request } from 'undici';
import { z } from 'zod';
import type { Clock } from '../clock.ts';
import { asError } from '../errors.ts';
import { readJson } from '../json.ts';
import type { Log } from '../log.ts';
import { readErrorBody, saysWhy } from './error-body.ts';

export type RunflowCheck = {
  /** What the operator has to change, if anything. Asks again by itself while Runflow does not answer. */
  ask(): Promise<string | undefined>;
  /** Runflow refused the key in the middle of the work: asks at once whether it is that. */
  refused(): void;
  /** What a later answer said, until one says otherwise. */
  troubles(): readonly string[];
  stop(): void;
};

const list = z.object({ items: z.array(z.unknown()) });

const answerMs = 5_000;
const againMs = 30_000;
/** A key can be taken back at any time, also when nobody edits. */
const watchMs = 10 * 60_000;
const unknownModel = 'MODEL_NOT_FOUND';
/** What Runflow knows for certain. */
const knownModel = 'black-forest-labs/flux-2-klein-9b/edit';

type Answer = { problem: string | undefined } | { away: string };

async function read({ apiUrl, apiKey }: Asked, path: string) {
  const { statusCode: status, body } = await request(`${apiUrl}/v1/${path}`, {
    headers: { authorization: `Bearer ${apiKey}`, accept: 'application/json' },
    headersTimeout: answerMs,
    bodyTimeout: answerMs,
    signal: AbortSignal.timeout(answerMs),
  });
  const json = readJson(await body.text());
  const said = readErrorBody(json);
  return { status, json, said, why: `(${[status, said.code, said.message].filter(Boolean).join(' ')})` };
}

async function askForKey(asked: Asked): Promise<Answer> {
  const { status, json, why } = await read(asked, 'runs?limit=1');
  if (status >= 500 || status === 429) return { away: `Runflow answers with ${status}` };
  // Something in front of Runflow knows no keys, and a page that welcomes everything lists no runs.
  if (status < 300 ? !list.safeParse(json).success : !saysWhy(json)) {
    return { away: `RUNFLOW_API_URL: what answers there is not Runflow, or something before it ${why}` };
  }
  if (status === 401) return { problem: `RUNFLOW_API_KEY: Runflow does not accept it ${why}` };
  if (status === 403) return { problem: `RUNFLOW_API_KEY: Runflow does not let it read runs ${why}` };
  return { problem: undefined };
}

/** Ways to read a model. No document says which of them there is: the second is its page for machines. */
const modelPaths = [(model: string) => `models/${model}`, (model: string) => `models/${model}/llms.txt`];

/** What is not found counts only by Runflow's own word for it, or where another model is found in the same way. */
async function askForModel(asked: Asked): Promise<Answer> {
  for (const pathOf of modelPaths) {
    const { status, said, why } = await read(asked, pathOf(asked.model));
    if (status < 300) return { problem: undefined };
    const isMissing = status === 404 && asked.model !== knownModel;
    const isUnknown = said.code === unknownModel || (isMissing && (await read(asked, pathOf(knownModel))).status < 300);
    if (isUnknown) return { problem: `RUNFLOW_MODEL: Runflow does not know ${asked.model} ${why}` };
  }
  return { problem: undefined };
}

async function askOnce(asked: Asked): Promise<Answer> {
  const key = await askForKey(asked);
  return 'away' in key || key.problem !== undefined ? key : askForModel(asked);
}

type Asked = { apiUrl: string; apiKey: string; model: string };

export function createRunflowCheck(options: Asked & { clock: Clock; log: Log }): RunflowCheck {
  const { clock, log } = options;
  let trouble: string | undefined;
  let said: string | undefined;
  let cancel = () => {};
  let asking = false;
  let stopped = false;

  async function ask(): Promise<string | undefined> {
    asking = true;
    cancel();
    const answer = await askOnce(options).catch((error: unknown) => ({ away: `no answer: ${asError(error).message}` }));
    asking = false;
    const again = (ms: number) => {
      if (!stopped) cancel = clock.after(ms, () => void askAgain());
    };
    if ('away' in answer) {
      if (answer.away !== said)
        log.warn({ why: answer.away }, 'Runflow cannot say yet whether key and model are right');
      said = answer.away;
      again(againMs);
      return trouble;
    }
    said = undefined;
    again(answer.problem === undefined ? watchMs : againMs);
    return answer.problem;
  }

  /** The bot runs by then: it may have edits to deliver, so it goes on and says what is wrong. */
  async function askAgain(): Promise<void> {
    const problem = await ask();
    if (problem !== undefined && problem !== trouble) log.error(problem);
    if (problem === undefined && trouble !== undefined) log.info('Runflow accepts key and model again');
    trouble = problem;
  }

  return {
    ask,
    refused() {
      // A trouble that is known is asked about soon anyway.
      if (!asking && trouble === undefined && !stopped) void askAgain();
    },
    troubles: () => (trouble === undefined ? [] : [trouble]),
    stop() {
      stopped = true;
      cancel();
    },
  };
}
