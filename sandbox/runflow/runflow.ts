// The stand-in for Runflow's API: a listening server with hooks for tests.
import { createStandIn, type StandIn } from '../server.ts';
import { createCallbackSecrets } from './callback-secrets.ts';
import { createCallbacks, type Delivery } from './callbacks.ts';
import { ApiError, type ErrorForm, sendError } from './errors.ts';
import { type PageForm, tellOutput } from './odd-shapes.ts';
import { createOutputUrls } from './output-urls.ts';
import { createPresigner } from './presign.ts';
import { createRunRoutes } from './rest-runs.ts';
import type { Plan, Run } from './run.ts';
import { createRunExecutor } from './run-executor.ts';
import { type Asset, createUploads } from './uploads.ts';

export type { PageForm } from './odd-shapes.ts';
export type { Plan, Run } from './run.ts';

export type RunflowOptions = {
  /** Default 0: any free port. */
  port?: number;
  /** The accepted bearer key (default `sandbox-key`). */
  key?: string;
  /** Callback secrets, of which the first signs (default none: callbacks are not signed). */
  secrets?: readonly string[];
  /** How long a run takes, or a range to choose from (default 1500). */
  runMs?: number | readonly [min: number, max: number];
  /** How long presigned output URLs are valid (default 3 days). */
  outputMs?: number;
  /** Delays before the second and third callback attempt (default 1 and 2 seconds). */
  callbackRetryMs?: readonly [number, number];
  /** The delay of a `late` callback (default 5 seconds). */
  lateCallbackMs?: number;
  /** How old a run must be before the list shows it (default 0). */
  listLagMs?: number;
  /** Requests per minute before a 429 (default 60,000). */
  rateLimit?: number;
  /** Create requests per second before a 429 (default: no limit of their own). */
  createsPerSecond?: number;
  /** The model with strict input checks. */
  strictModel?: string;
};

export type RunflowEvent = 'created' | 'finished' | 'callback';

export type Runflow = {
  /** The API's base URL without `/v1`. */
  url: string;
  standIn: StandIn;
  /** All runs, in order of creation. */
  runs: Map<string, Run>;
  /** What was uploaded, by its id. */
  assets: Map<string, Asset>;
  /** Plans the outcome of the next `times` (default 1) runs; overrides trigger words. */
  plan(plan: Plan, times?: number): void;
  /** Keeps runs `running` until released or finished. */
  hold(): void;
  release(): void;
  readonly held: boolean;
  /** Ends a run now; resolves once it is terminal, before its callback. */
  finish(runId: string, outcome?: Plan): Promise<void>;
  /** Sends extra callbacks; resolves with the response statuses (0: no response). */
  sendCallback(runId: string, delivery?: Delivery): Promise<number[]>;
  setSecrets(secrets: readonly string[]): void;
  /** Expires the output URLs issued so far: they return 403. */
  expireOutputs(runId: string): void;
  /** Pays for runs; at 0 or below, create requests fail. */
  balanceCents: number;
  /** How pages of the run list look (default: as documented). */
  pageForm: PageForm;
  /** How refusals look (default: as documented). */
  errorForm: ErrorForm;
  /** Adds a listener; the returned function removes it. */
  on(event: RunflowEvent, listener: (run: Run) => void): () => void;
  close(): Promise<void>;
};

const threeDaysMs = 3 * 24 * 3_600_000;

/** Starts a stand-in for Runflow, listening on 127.0.0.1. */
export async function createRunflow(options: RunflowOptions = {}): Promise<Runflow> {
  const standIn = createStandIn({ code: 'BAD_REQUEST', message: 'The body is not valid JSON', errors: null });
  const { app } = standIn;
  const runs = new Map<string, Run>();
  const plans: { plan: Plan; times: number }[] = [];
  const listeners = new Map<RunflowEvent, Set<(run: Run) => void>>();
  const closing = new AbortController();
  const account = { cents: 10_000 };
  const forms: { page: PageForm; error: ErrorForm } = { page: {}, error: 'documented' };
  const runMs = options.runMs ?? 1500;

  const tell = (event: RunflowEvent) => (run: Run) => {
    for (const listener of listeners.get(event) ?? []) listener(run);
  };

  function nextPlan(): Plan {
    const entry = plans.find(({ times }) => times > 0);
    if (!entry) return {};
    entry.times -= 1;
    return entry.plan;
  }

  function find(runId: string): Run {
    const run = runs.get(runId);
    if (!run) throw new Error(`no run ${runId}`);
    return run;
  }

  guard(standIn, options.key ?? 'sandbox-key', options.rateLimit ?? 60_000, () => forms.error);
  if (options.createsPerSecond !== undefined) limitCreates(standIn, options.createsPerSecond);
  const presigner = createPresigner();
  const outputUrls = createOutputUrls(app, runs, presigner, {
    origin: standIn.origin,
    lifeMs: options.outputMs ?? threeDaysMs,
  });
  const secrets = createCallbackSecrets(app, options.secrets ?? []);
  const callbacks = createCallbacks({
    secrets: secrets.all,
    retryMs: options.callbackRetryMs ?? [1000, 2000],
    tell: (run) => tellOutput(outputUrls.sign(run), run.plan.tellings ?? [], 'callback'),
    attempted: tell('callback'),
    signal: closing.signal,
  });
  const executor = createRunExecutor({
    callbacks,
    durationMs: () => (typeof runMs === 'number' ? runMs : runMs[0] + Math.random() * (runMs[1] - runMs[0])),
    lateCallbackMs: options.lateCallbackMs ?? 5000,
    charge: (dollars) => {
      account.cents -= dollars * 100;
    },
    finished: tell('finished'),
    signal: closing.signal,
  });
  createRunRoutes(app, {
    runs,
    executor,
    outputUrls,
    callbacks,
    strictModel: options.strictModel ?? 'black-forest-labs/flux-2-klein-9b/edit',
    listLagMs: options.listLagMs ?? 0,
    balanceCents: () => account.cents,
    pageForm: () => forms.page,
    nextPlan,
    created: tell('created'),
  });
  const assets = createUploads(app, presigner, standIn.origin);
  app.get('/v1/health', async () => ({ status: 'ok' }));
  app.get('/v1/billing/balance', async () => ({ balance_cents: Math.floor(account.cents), currency: 'USD' }));
  await standIn.listen(options.port ?? 0);

  return {
    url: standIn.origin(),
    standIn,
    runs,
    assets,
    plan(plan, times = 1) {
      plans.push({ plan, times });
    },
    hold: executor.hold,
    release: executor.release,
    get held() {
      return executor.isHeld();
    },
    finish: async (runId, outcome) => executor.finish(find(runId), outcome),
    sendCallback: async (runId, delivery) => callbacks.send(find(runId), delivery),
    setSecrets: secrets.set,
    expireOutputs: (runId) => outputUrls.expire(find(runId)),
    get balanceCents() {
      return account.cents;
    },
    set balanceCents(cents) {
      account.cents = cents;
    },
    get pageForm() {
      return forms.page;
    },
    set pageForm(form) {
      forms.page = form;
    },
    get errorForm() {
      return forms.error;
    },
    set errorForm(form) {
      forms.error = form;
    },
    on(event, listener) {
      const set = listeners.get(event) ?? new Set();
      listeners.set(event, set.add(listener));
      return () => set.delete(listener);
    },
    async close() {
      closing.abort();
      await standIn.close();
    },
  };
}

/** Refuses create requests beyond a number a second. */
function limitCreates({ app }: StandIn, limit: number): void {
  let second = 0;
  let left = 0;
  app.addHook('preHandler', async (request) => {
    if (request.method !== 'POST' || !request.url.endsWith('/runs')) return;
    const now = Math.floor(Date.now() / 1000);
    if (now !== second) {
      second = now;
      left = limit;
    }
    left -= 1;
    if (left < 0) throw new ApiError(429, 'RATE_LIMITED', 'Too many requests', { headers: { 'retry-after': '1' } });
  });
}

/** Applies the rate limit with its headers, the API key and the error envelope to every route. */
function guard({ app }: StandIn, key: string, limit: number, errorForm: () => ErrorForm): void {
  const minute = { ends: 0, left: limit };

  app.addHook('onRequest', async (request, reply) => {
    if (!request.url.startsWith('/v1/')) return;
    if (Date.now() >= minute.ends) Object.assign(minute, { ends: Date.now() + 60_000, left: limit });
    minute.left -= 1;
    reply.header('x-ratelimit-limit', limit);
    reply.header('x-ratelimit-remaining', Math.max(0, minute.left));
    reply.header('x-ratelimit-reset', Math.ceil(minute.ends / 1000));
  });

  app.addHook('preHandler', async (request) => {
    if (!request.url.startsWith('/v1/') || request.url === '/v1/health') return;
    if (minute.left < 0) {
      const wait = String(Math.ceil((minute.ends - Date.now()) / 1000));
      throw new ApiError(429, 'RATE_LIMITED', 'Too many requests', { headers: { 'retry-after': wait } });
    }
    if (request.headers.authorization !== `Bearer ${key}`) {
      throw new ApiError(401, 'UNAUTHORIZED', 'Missing or invalid API key');
    }
  });

  app.setErrorHandler((error, _request, reply) => {
    if (error instanceof ApiError) return sendError(reply, error, errorForm());
    const message = error instanceof Error ? error.message : 'unknown';
    return sendError(reply, new ApiError(500, 'INTERNAL_ERROR', message), errorForm());
  });
  app.setNotFoundHandler((_request, reply) => {
    return sendError(reply, new ApiError(404, 'NOT_FOUND', 'No such route'), errorForm());
  });
}
