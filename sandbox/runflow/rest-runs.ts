// Routes for runs: create, read, list, callback attempts and redelivery.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { recorded } from '../server.ts';
import type { Callbacks } from './callbacks.ts';
import { looseBody, otherModels, strictBody } from './create-request.ts';
import { createHugePicture } from './edit.ts';
import { ApiError, check } from './errors.ts';
import { formPage, type PageForm, readForm, tellOutput } from './odd-shapes.ts';
import type { OutputUrls } from './output-urls.ts';
import { createRunId, isTerminal, type Plan, type Run, showRun } from './run.ts';
import type { RunExecutor } from './run-executor.ts';
import { listRuns } from './run-list.ts';
import { readTriggers, type Trigger, triggerError } from './triggers.ts';

const readQuery = z.strictObject({ add_signature: z.enum(['true', 'false']).optional() });

export function createRunRoutes(
  app: FastifyInstance,
  parts: {
    runs: Map<string, Run>;
    executor: RunExecutor;
    outputUrls: OutputUrls;
    callbacks: Callbacks;
    strictModel: string;
    listLagMs: number;
    balanceCents: () => number;
    pageForm: () => PageForm;
    nextPlan: () => Plan;
    created: (run: Run) => void;
  },
): void {
  const { runs, executor, outputUrls, callbacks } = parts;
  const refusedOnce = new Set<string>();
  const tell = (run: Run, addSignature = false) =>
    tellOutput(outputUrls.sign(run, addSignature), run.plan.tellings ?? [], 'read');

  function findRun(id: string): Run {
    const run = runs.get(id);
    if (!run) throw new ApiError(404, 'RUN_NOT_FOUND', 'Run not found');
    return run;
  }

  /** Throws the error a trigger word asks for. Words that fail once are tracked by client reference. */
  function throwTriggerError(found: readonly Trigger[], prompt: string, reference: string | null): void {
    for (const { word, refuse } of found) {
      if (!refuse) continue;
      const key = `${word}\n${reference ?? ''}\n${prompt}`;
      if (refuse.once && refusedOnce.has(key)) continue;
      refusedOnce.add(key);
      throw triggerError(refuse);
    }
  }

  function outputPlan(found: readonly Trigger[]): Plan {
    if (found.some(({ picture }) => picture === 'huge')) return { outputBytes: createHugePicture };
    if (found.some(({ picture }) => picture === 'broken'))
      return { outputBytes: Buffer.from('This is not a picture.\n') };
    return {};
  }

  async function create(model: string, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    if (model !== parts.strictModel && !otherModels.includes(model)) {
      throw new ApiError(404, 'MODEL_NOT_FOUND', `Unknown model "${model}"`);
    }
    const { json } = recorded(request);
    if (json === undefined) throw new ApiError(400, 'BAD_REQUEST', 'A JSON body is required');
    const body = check(model === parts.strictModel ? strictBody : looseBody, json);
    const parsedPrompt = readTriggers(body.input.prompt);
    throwTriggerError(parsedPrompt.found, body.input.prompt, body.client_ref ?? null);
    if (parts.balanceCents() <= 0) throw new ApiError(402, 'INSUFFICIENT_CREDIT', 'Insufficient credit');

    const run: Run = {
      id: createRunId(),
      model,
      status_code: 'queued',
      input: body.input,
      output: null,
      duration_ms: null,
      cost: null,
      created_at: new Date().toISOString(),
      started_at: null,
      completed_at: null,
      callback_url: body.callback_url ?? null,
      metadata: body.metadata ?? null,
      client_ref: body.client_ref ?? null,
      failure_code: null,
      failure_message: null,
      failure_stage_code: null,
      billed: 0,
      callbackAttempts: [],
      files: [],
      plan: { ...parsedPrompt.plan, ...outputPlan(parsedPrompt.found), ...parts.nextPlan() },
      revokedIssue: 0,
    };
    runs.set(run.id, run);
    const progress = executor.start(run);
    parts.created(run);
    if (run.input.sync_mode) await progress.ended;
    if (run.plan.callback === 'before-answer') await progress.calledBack;

    const answer = parsedPrompt.found.find((trigger) => trigger.answer)?.answer;
    if (answer === 'reset') {
      reply.hijack();
      request.raw.socket.resetAndDestroy();
      return reply;
    }
    if (answer === 'lost') {
      return reply.code(502).type('text/html').send('<html><body><h1>502 Bad Gateway</h1></body></html>');
    }
    return reply.code(201).send(showRun(run, tell));
  }

  // Model paths have any number of segments, so match all and check the suffix.
  app.post<{ Params: { '*': string } }>('/v1/models/*', (request, reply) => {
    const path = request.params['*'];
    if (!path.endsWith('/runs')) throw new ApiError(404, 'NOT_FOUND', 'No such route');
    return create(path.slice(0, -'/runs'.length), request, reply);
  });

  app.get<{ Querystring: Record<string, unknown> }>('/v1/runs', async (request) => {
    const visible = Date.now() - parts.listLagMs;
    const candidates = [...runs.values()].filter((run) => Date.parse(run.created_at) <= visible);
    const page = listRuns(candidates, readForm(request.query, parts.pageForm()), (run) =>
      tellOutput(outputUrls.sign(run), run.plan.tellings ?? [], 'list'),
    );
    return formPage(page, parts.pageForm());
  });

  app.get<{ Params: { id: string } }>('/v1/runs/:id', async (request) => {
    const query = check(readQuery, request.query);
    return showRun(findRun(request.params.id), (run) => tell(run, query.add_signature === 'true'));
  });

  app.get<{ Params: { id: string } }>('/v1/runs/:id/callback', async (request) => {
    const run = findRun(request.params.id);
    return { run_id: run.id, callback_url: run.callback_url, attempts: run.callbackAttempts };
  });

  app.post<{ Params: { id: string } }>('/v1/runs/:id/callback-redeliveries', async (request, reply) => {
    const run = findRun(request.params.id);
    if (run.callback_url === null) throw new ApiError(409, 'CONFLICT', 'The run has no callback_url');
    if (!isTerminal(run.status_code)) throw new ApiError(409, 'CONFLICT', 'The run has not ended');
    void callbacks.deliver(run);
    return reply.code(202).send({ run_id: run.id });
  });
}
