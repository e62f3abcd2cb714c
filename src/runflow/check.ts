// Asks Runflow, before anybody pays for it, whether it accepts the key and knows the model: by a request for a run that
// has no input. Such a request creates nothing; whatever it is refused for beside these two is as it should be.
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

const run = z.object({ id: z.string() });

const answerMs = 5_000;
const againMs = 30_000;

type Answer = { problem: string | undefined } | { away: string };

async function askOnce({ apiUrl, apiKey, model }: Asked): Promise<Answer> {
  const { statusCode, body } = await request(`${apiUrl}/v1/models/${model}/runs`, {
    method: 'POST',
    headers: { authorization: `Bearer ${apiKey}`, accept: 'application/json', 'content-type': 'application/json' },
    body: '{}',
    headersTimeout: answerMs,
    bodyTimeout: answerMs,
    signal: AbortSignal.timeout(answerMs),
  });
  const json = readJson(await body.text());
  const said = readErrorBody(json);
  const why = `(${[statusCode, said.code, said.message].filter(Boolean).join(' ')})`;
  if (statusCode >= 500 || statusCode === 429) return { away: `Runflow answers with ${statusCode}` };
  // Something in front of Runflow knows neither keys nor models, and a page that welcomes everything makes no run.
  if (statusCode < 300 ? !run.safeParse(json).success : !saysWhy(json)) {
    return { away: `RUNFLOW_API_URL: what answers there is not Runflow, or something before it ${why}` };
  }
  if (statusCode === 401) return { problem: `RUNFLOW_API_KEY: Runflow does not accept it ${why}` };
  if (statusCode === 403) return { problem: `RUNFLOW_API_KEY: Runflow does not let it create runs ${why}` };
  if (statusCode === 404) return { problem: `RUNFLOW_MODEL: Runflow does not know ${model} ${why}` };
  return { problem: undefined };
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
