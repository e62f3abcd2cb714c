// The life of a run: queued, dispatching, running, one terminal state, then the callback. Tests may hold it or end it.
import { randomInt } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import sharp, { type Metadata } from 'sharp';
import type { Callbacks } from './callbacks.ts';
import { editPictures } from './edit.ts';
import { InputProblem, readInputs } from './fetch-inputs.ts';
import { describeFile } from './output-urls.ts';
import { isTerminal, type Output, type OutputEntry, type OutputFile, type Plan, type Run } from './run.ts';
import { readTriggers } from './triggers.ts';

/** `ended`: the run is terminal; `called`: the first callback attempt, if there is to be one, has been made as well. */
export type Life = { ended: Promise<void>; called: Promise<void> };

export type Lives = {
  begin(run: Run): Life;
  /** Ends a run now, whatever holds it; resolves once it is terminal. */
  finish(run: Run, outcome?: Plan): Promise<void>;
  hold(): void;
  release(): void;
};

// US dollars per megapixel, input and output alike; each input counts as one megapixel after resizing.
const price = 0.011;
// Pictures are made during the last second of a run, so that thousands of waiting runs keep no pictures in memory.
const leadMs = 1000;
// More edits at once would only contend for the same cores, each with its pixels in memory.
const editsAtOnce = 2;

type Living = {
  hurry: AbortController;
  work: Promise<OutputFile[]> | undefined;
  ended: PromiseWithResolvers<void>;
  called: PromiseWithResolvers<void>;
};

function createSlots(count: number): <Result>(task: () => Promise<Result>) => Promise<Result> {
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

export function createLives(parts: {
  callbacks: Callbacks;
  durationMs: () => number;
  lateCallbackMs: number;
  charge: (dollars: number) => void;
  finished: (run: Run) => void;
  signal: AbortSignal;
}): Lives {
  const living = new Map<string, Living>();
  const inSlot = createSlots(editsAtOnce);
  let gate: PromiseWithResolvers<void> | undefined;

  async function work(run: Run, seed: number): Promise<OutputFile[]> {
    const inputs = await readInputs(run.input.image_urls ?? [], parts.signal);
    const { outputBytes } = run.plan;
    if (!outputBytes) return inSlot(() => editPictures(inputs, readTriggers(run.input.prompt).text, run.input, seed));
    const files: OutputFile[] = [];
    for (let index = 0; index < (run.input.num_images ?? 1); index += 1) {
      const bytes = Buffer.isBuffer(outputBytes) ? outputBytes : await outputBytes(index);
      const measured = await measure(bytes);
      files.push({ bytes, type: `image/${measured?.format ?? run.input.output_format ?? 'png'}` });
    }
    return files;
  }

  /** Everything that changes when a run ends, in one go: whoever reads a terminal run reads all of it. */
  function close(run: Run, changes: Partial<Run>): void {
    const now = Date.now();
    Object.assign(run, { cost: '0', ...changes });
    run.completed_at = new Date(now).toISOString();
    run.duration_ms = now - Date.parse(run.created_at);
  }

  function fail(run: Run, code: string, message: string): void {
    const stage = code.startsWith('INPUT_') ? 'preprocess' : 'inference';
    close(run, { status_code: 'failed', failure_code: code, failure_message: message, failure_stage_code: stage });
  }

  async function succeed(run: Run, status: 'succeeded' | 'partial_succeeded', all: OutputFile[], seed: number) {
    const files = status === 'succeeded' ? all : all.slice(0, Math.max(1, all.length - 1));
    const inline = run.plan.dataUris === true || run.input.sync_mode === true;
    let megapixels = run.input.image_urls?.length ?? 0;
    const outputs: OutputEntry[] = [];
    for (const [index, file] of files.entries()) {
      const measured = await measure(file.bytes);
      // Bytes that are no picture are counted as one megapixel, and shown without a size.
      megapixels += measured ? (measured.width * measured.height) / 1e6 : 1;
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
    const billed = Math.round(price * megapixels * 1e6) / 1e6;
    parts.charge(billed);
    close(run, { status_code: status, files, output, billed, cost: String(billed) });
  }

  async function end(run: Run, live: Living, seed: number): Promise<void> {
    const { failure, status = failure ? 'failed' : 'succeeded' } = run.plan;
    if (status === 'canceled' || status === 'cancelled') return close(run, { status_code: status });
    if (status === 'failed') {
      return fail(run, failure?.code ?? 'PROVIDER_ERROR', failure?.message ?? 'The provider failed');
    }
    try {
      await succeed(run, status, await (live.work ?? work(run, seed)), seed);
    } catch (error) {
      const message = error instanceof Error ? error.message : 'unknown';
      fail(run, error instanceof InputProblem ? error.code : 'INTERNAL_ERROR', message);
    }
    return undefined;
  }

  async function call(run: Run, live: Living): Promise<void> {
    const how = run.plan.callback ?? 'normal';
    if (how === 'late') await sleep(parts.lateCallbackMs, undefined, { signal: parts.signal }).catch(() => undefined);
    if (how !== 'never' && !parts.signal.aborted) {
      await parts.callbacks.deliver(run, () => live.called.resolve());
      if (how === 'twice') await parts.callbacks.deliver(run);
    }
    live.called.resolve();
  }

  async function drive(run: Run, live: Living): Promise<void> {
    const { signal } = live.hurry;
    const pause = (ms: number) => sleep(ms, undefined, { signal }).catch(() => undefined);
    const seed = run.input.seed ?? randomInt(2 ** 31);
    const total = run.plan.runMs ?? parts.durationMs();
    await pause(total * 0.05);
    run.status_code = 'dispatching';
    await pause(total * 0.05);
    run.status_code = 'running';
    run.started_at = new Date().toISOString();
    const lead = Math.min(total * 0.9, leadMs);
    await pause(total * 0.9 - lead);
    const endless = run.plan.neverEnds === true;
    if (!endless && !gate && !signal.aborted && !['failed', 'canceled', 'cancelled'].includes(run.plan.status ?? '')) {
      live.work = work(run, seed);
      live.work.catch(() => undefined);
    }
    await pause(lead);
    const hurried = new Promise<void>((resolve) => {
      if (signal.aborted) resolve();
      else signal.addEventListener('abort', () => resolve(), { once: true });
    });
    if (endless) await hurried;
    while (gate && !signal.aborted) await Promise.race([gate.promise, hurried]);
    if (parts.signal.aborted) return;
    await end(run, live, seed);
    if (parts.signal.aborted) return;
    living.delete(run.id);
    parts.finished(run);
    live.ended.resolve();
    await call(run, live);
  }

  parts.signal.addEventListener('abort', () => {
    for (const live of living.values()) live.hurry.abort();
  });

  return {
    begin(run) {
      const live: Living = {
        hurry: new AbortController(),
        work: undefined,
        ended: Promise.withResolvers(),
        called: Promise.withResolvers(),
      };
      living.set(run.id, live);
      void drive(run, live).finally(() => {
        live.ended.resolve();
        live.called.resolve();
      });
      return { ended: live.ended.promise, called: live.called.promise };
    },
    async finish(run, outcome) {
      const live = living.get(run.id);
      if (!live || isTerminal(run.status_code)) throw new Error(`run ${run.id} has ended already`);
      if (outcome) {
        Object.assign(run.plan, outcome);
        live.work = undefined;
      }
      live.hurry.abort();
      await live.ended.promise;
    },
    hold() {
      gate ??= Promise.withResolvers();
    },
    release() {
      gate?.resolve();
      gate = undefined;
    },
  };
}
