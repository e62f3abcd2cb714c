// Executes runs: queued, dispatching, running, a terminal state, then the callback. Tests can hold or finish them.
import { randomInt } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import sharp, { type Metadata } from 'sharp';
import type { Callbacks } from './callbacks.ts';
import { editPictures } from './edit.ts';
import { fetchInputs, InputError } from './fetch-inputs.ts';
import { describeFile } from './output-urls.ts';
import { isTerminal, type Output, type OutputEntry, type OutputFile, type Plan, type Run } from './run.ts';
import { readTriggers } from './triggers.ts';

/** `ended`: the run is terminal. `calledBack`: so is the first callback attempt, if the run has a callback. */
export type RunProgress = { ended: Promise<void>; calledBack: Promise<void> };

export type RunExecutor = {
  start(run: Run): RunProgress;
  /** Ends a run now, even if held; resolves once it is terminal. */
  finish(run: Run, outcome?: Plan): Promise<void>;
  hold(): void;
  release(): void;
  isHeld(): boolean;
};

// For inputs and outputs alike; each input counts as one megapixel after resizing.
const dollarsPerMegapixel = 0.011;
// Edit only in the last second of a run, so that thousands of waiting runs hold no pictures in memory.
const editLeadMs = 1000;
// More concurrent edits would only compete for cores and memory.
const maxConcurrentEdits = 2;

type ActiveRun = {
  skipAhead: AbortController;
  outputs: Promise<OutputFile[]> | undefined;
  ended: PromiseWithResolvers<void>;
  calledBack: PromiseWithResolvers<void>;
};

function createLimiter(count: number): <Result>(task: () => Promise<Result>) => Promise<Result> {
  let free = count;
  const waiting: (() => void)[] = [];
  return async (task) => {
    if (free > 0) free -= 1;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      return await task();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else free += 1;
    }
  };
}

async function measure(bytes: Buffer): Promise<Metadata | undefined> {
  try {
    return await sharp(bytes).metadata();
  } catch {
    return undefined;
  }
}

export function createRunExecutor(parts: {
  callbacks: Callbacks;
  durationMs: () => number;
  lateCallbackMs: number;
  charge: (dollars: number) => void;
  finished: (run: Run) => void;
  signal: AbortSignal;
}): RunExecutor {
  const activeRuns = new Map<string, ActiveRun>();
  const limitEdits = createLimiter(maxConcurrentEdits);
  let hold: PromiseWithResolvers<void> | undefined;

  async function makeOutputs(run: Run, seed: number): Promise<OutputFile[]> {
    const inputs = await fetchInputs(run.input.image_urls ?? [], parts.signal);
    const { outputBytes } = run.plan;
    if (!outputBytes)
      return limitEdits(() => editPictures(inputs, readTriggers(run.input.prompt).text, run.input, seed));
    const files: OutputFile[] = [];
    for (let index = 0; index < (run.input.num_images ?? 1); index += 1) {
      const bytes = Buffer.isBuffer(outputBytes) ? outputBytes : await outputBytes(index);
      const measured = await measure(bytes);
      files.push({ bytes, type: `image/${measured?.format ?? run.input.output_format ?? 'png'}` });
    }
    return files;
  }

  /** Applies all changes at the end of a run at once, so that nobody reads a partly finished run. */
  function finalize(run: Run, changes: Partial<Run>): void {
    const now = Date.now();
    Object.assign(run, { cost: '0', ...changes });
    run.completed_at = new Date(now).toISOString();
    run.duration_ms = now - Date.parse(run.created_at);
  }

  function fail(run: Run, code: string, message: string): void {
    const stage = code.startsWith('INPUT_') ? 'preprocess' : 'inference';
    finalize(run, { status_code: 'failed', failure_code: code, failure_message: message, failure_stage_code: stage });
  }

  async function succeed(run: Run, status: 'succeeded' | 'partial_succeeded', all: OutputFile[], seed: number) {
    const files = status === 'succeeded' ? all : all.slice(0, Math.max(1, all.length - 1));
    const inline = run.plan.dataUris === true || run.input.sync_mode === true;
    let megapixels = run.input.image_urls?.length ?? 0;
    const outputs: OutputEntry[] = [];
    for (const [index, file] of files.entries()) {
      const measured = await measure(file.bytes);
      // Rounded up for each picture; bytes that are not a picture count as one megapixel and have no size.
      megapixels += measured ? Math.max(1, Math.ceil((measured.width * measured.height) / 2 ** 20)) : 1;
      const size = measured ? { width: measured.width, height: measured.height } : {};
      outputs.push({ ...describeFile(run, file, index, inline), ...size });
    }
    const unplanned = run.input.enable_safety_checker === false ? null : false;
    const output: Output = run.plan.oldShape
      ? { image_urls: outputs.map(({ url }) => url) }
      : {
          outputs,
          seed,
          model_data: { prompt: run.input.prompt },
          nsfw_detected: run.plan.nsfw === undefined ? unplanned : run.plan.nsfw,
          timing: { inference_ms: Date.now() - Date.parse(run.started_at ?? run.created_at) },
        };
    const billed = Math.round(dollarsPerMegapixel * megapixels * 1e6) / 1e6;
    parts.charge(billed);
    finalize(run, { status_code: status, files, output, billed, cost: String(billed) });
  }

  async function complete(run: Run, active: ActiveRun, seed: number): Promise<void> {
    const { failure, status = failure ? 'failed' : 'succeeded' } = run.plan;
    if (status === 'canceled' || status === 'cancelled') return finalize(run, { status_code: status });
    if (status === 'errored') return finalize(run, { status_code: status });
    if (status === 'failed') {
      return fail(run, failure?.code ?? 'PROVIDER_ERROR', failure?.message ?? 'The provider failed');
    }
    try {
      await succeed(run, status, await (active.outputs ?? makeOutputs(run, seed)), seed);
    } catch (error) {
      const message = error instanceof Error ? error.message : 'unknown';
      fail(run, error instanceof InputError ? error.code : 'INTERNAL_ERROR', message);
    }
    return undefined;
  }

  async function sendCallbacks(run: Run, active: ActiveRun): Promise<void> {
    const how = run.plan.callback ?? 'normal';
    if (how === 'late') await sleep(parts.lateCallbackMs, undefined, { signal: parts.signal }).catch(() => undefined);
    if (how !== 'never' && !parts.signal.aborted) {
      await parts.callbacks.deliver(run, () => active.calledBack.resolve());
      if (how === 'twice') await parts.callbacks.deliver(run);
    }
    active.calledBack.resolve();
  }

  async function execute(run: Run, active: ActiveRun): Promise<void> {
    const { signal } = active.skipAhead;
    const pause = (ms: number) => sleep(ms, undefined, { signal }).catch(() => undefined);
    const seed = run.input.seed ?? randomInt(2 ** 31);
    const total = run.plan.runMs ?? parts.durationMs();
    await pause(total * 0.05);
    run.status_code = 'dispatching';
    await pause(total * 0.05);
    run.status_code = 'running';
    run.started_at = new Date().toISOString();
    const lead = Math.min(total * 0.9, editLeadMs);
    await pause(total * 0.9 - lead);
    const endless = run.plan.neverEnds === true;
    if (
      !endless &&
      !hold &&
      !signal.aborted &&
      !['failed', 'errored', 'canceled', 'cancelled'].includes(run.plan.status ?? '')
    ) {
      active.outputs = makeOutputs(run, seed);
      active.outputs.catch(() => undefined);
    }
    await pause(lead);
    const skipped = new Promise<void>((resolve) => {
      if (signal.aborted) resolve();
      else signal.addEventListener('abort', () => resolve(), { once: true });
    });
    if (endless) await skipped;
    while (hold && !signal.aborted) await Promise.race([hold.promise, skipped]);
    if (parts.signal.aborted) return;
    await complete(run, active, seed);
    if (parts.signal.aborted) return;
    activeRuns.delete(run.id);
    parts.finished(run);
    active.ended.resolve();
    await sendCallbacks(run, active);
  }

  parts.signal.addEventListener('abort', () => {
    for (const active of activeRuns.values()) active.skipAhead.abort();
  });

  return {
    start(run) {
      const active: ActiveRun = {
        skipAhead: new AbortController(),
        outputs: undefined,
        ended: Promise.withResolvers(),
        calledBack: Promise.withResolvers(),
      };
      activeRuns.set(run.id, active);
      void execute(run, active).finally(() => {
        active.ended.resolve();
        active.calledBack.resolve();
      });
      return { ended: active.ended.promise, calledBack: active.calledBack.promise };
    },
    async finish(run, outcome) {
      const active = activeRuns.get(run.id);
      if (!active || isTerminal(run.status_code)) throw new Error(`run ${run.id} has ended already`);
      if (outcome) {
        Object.assign(run.plan, outcome);
        active.outputs = undefined;
      }
      active.skipAhead.abort();
      await active.ended.promise;
    },
    hold() {
      hold ??= Promise.withResolvers();
    },
    release() {
      hold?.resolve();
      hold = undefined;
    },
    isHeld: () => hold !== undefined,
  };
}
