// Asks Runflow, before anybody pays for it, whether it accepts the key and knows the model. It only reads: what asks for a
// run, however incomplete, might be taken for one.
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
  /** What a later answer said. */
  troubles(): readonly string[];
  stop(): void;
};

const list = z.object({ items: z.array(z.unknown()) });

const answerMs = 5_000;
const againMs = 30_000;
const unknownModel = 'MODEL_NOT_FOUND';

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

/** No document says how a model is read, so only Runflow's own word for one that it does not know counts. */
async function askForModel(asked: Asked): Promise<Answer> {
  const { said, why } = await read(asked, `models/${asked.model}`);
  if (said.code !== unknownModel) return { problem: undefined };
  return { problem: `RUNFLOW_MODEL: Runflow does not know ${asked.model} ${why}` };
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
  let stopped = false;

  async function ask(): Promise<string | undefined> {
    const answer = await askOnce(options).catch((error: unknown) => ({ away: `no answer: ${asError(error).message}` }));
    const again = () => {
      if (!stopped) cancel = clock.after(againMs, () => void askAgain());
    };
    if ('away' in answer) {
      if (answer.away !== said)
        log.warn({ why: answer.away }, 'Runflow cannot say yet whether key and model are right');
      said = answer.away;
      again();
      return undefined;
    }
    if (answer.problem !== undefined) again();
    return answer.problem;
  }

  /** The bot runs by then: it may have edits to deliver, so it goes on and says what is wrong. */
  async function askAgain(): Promise<void> {
    const problem = await ask();
    if (problem !== undefined && problem !== trouble) log.error(problem);
    trouble = problem;
  }

  return {
    ask,
    troubles: () => (trouble === undefined ? [] : [trouble]),
    stop() {
      stopped = true;
      cancel();
    },
  };
}
