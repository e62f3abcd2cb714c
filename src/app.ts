// start(config) → stop(): builds every part and hands it what it needs. The process around it is main.ts.
import { randomInt } from 'node:crypto';
import { createDispatch } from '../commands/dispatch.ts';
import { createCommands, registrations } from '../commands/index.ts';
import { createAudit } from './audit/audit.ts';
import { createCounts } from './audit/counts.ts';
import { type Clock, systemClock } from './clock.ts';
import type { Config } from './config.ts';
import { createGateway } from './discord/gateway.ts';
import { createMessenger } from './discord/messenger.ts';
import { createTransport } from './discord/transport.ts';
import { createRecords } from './edit/records.ts';
import type { AtMoment } from './edit/step.ts';
import { timing as productionTiming, type Timing } from './edit/timing.ts';
import { asError, StartError } from './errors.ts';
import { createHttp } from './http.ts';
import { createLifecycle, type Lifecycle } from './lifecycle/lifecycle.ts';
import { createSteps } from './lifecycle/steps.ts';
import { createEngine } from './lifecycle/timers.ts';
import type { Log } from './log.ts';
import { createTrim, trimEveryMs } from './memory.ts';
import { createMetrics } from './metrics.ts';
import { modelLimits } from './models/models.ts';
import { createCards } from './moderation/cards.ts';
import { createDecisions } from './moderation/decisions.ts';
import { createGate } from './moderation/gate.ts';
import { createHold } from './moderation/hold.ts';
import { createMembers } from './moderation/members.ts';
import { moderationTexts } from './moderation-texts.ts';
import { createConfide } from './notify/private.ts';
import { createSpeak } from './notify/public.ts';
import { drawChart } from './picture/chart.ts';
import { createFetchPictures } from './picture/fetch.ts';
import { fitPicture, inspectPicture } from './picture/picture.ts';
import { createDeliver } from './result/deliver.ts';
import { createTell } from './result/ending.ts';
import { createRemoval } from './result/removal.ts';
import { createDrafts } from './run/drafts.ts';
import { createWaiting } from './run/poll.ts';
import { createRecovery } from './run/recover.ts';
import { createRunList } from './run/run-list.ts';
import { createSubmit } from './run/submit.ts';
import { isSigned, readCallback, signatureHeader } from './runflow/callback.ts';
import { createRunflow } from './runflow/client.ts';
import { createDownloads } from './runflow/downloads.ts';
import { createSettings } from './settings/settings.ts';
import { createRedisStore } from './store/redis.ts';
import { createLocalStore } from './store/sqlite.ts';

export type App = {
  /** Of the HTTP listener. */
  port: number;
  /** Takes no interaction any more, finishes or parks what is under way. Resolves within about 8 s. */
  stop(): Promise<void>;
};

/** What tests replace: time, waiting times, and what happens at the named moments. */
export type Hooks = { clock?: Clock; timing?: Partial<Timing>; at?: AtMoment };

const sweepMs = 3_600_000;
/** Of the ten seconds that a SIGTERM leaves. */
const graceMs = 6_000;

/**
 * Starts the bot. Resolves when it is connected and its commands are registered.
 * @throws {StartError} when the operator has to change something first
 */
export async function start(config: Config, log: Log, hooks: Hooks = {}): Promise<App> {
  const clock = hooks.clock ?? systemClock;
  const timing = { ...productionTiming, ...hooks.timing };
  const at = hooks.at ?? (() => {});
  const metrics = createMetrics();
  const closing: (() => Promise<unknown>)[] = [];
  /** Undoes what was started, the newest first. */
  const close = async () => {
    for (const step of closing.reverse()) await step();
  };

  try {
    const store =
      config.store.kind === 'sqlite' ? createLocalStore(config.store.path) : await createRedisStore(config.store.url);
    closing.push(() => store.close());
    const runflow = createRunflow({ ...config.runflow, answerMs: timing.answerMs });
    closing.push(() => runflow.close());
    const downloads = createDownloads(config);
    closing.push(() => downloads.close());
    const { makeRequest, close: closeTransport } = createTransport();
    closing.push(closeTransport);
    const messenger = createMessenger({ ...config.discord, makeRequest });

    let applicationId = '';
    const records = createRecords(store, config.keepEditsMs);
    const speak = createSpeak(messenger, clock);
    const advance = (id: string) => void lifecycle.advance(id);
    const engine = createEngine(clock, advance);
    const waiting = createWaiting({
      ...{ runflow, records, advance, clock, timing, log },
      callbacks: config.runflow.callbackUrl !== undefined,
    });
    const runList = createRunList(runflow, clock);
    const submit = createSubmit({
      ...{ runflow, clock, timing, log, at },
      runList,
      keepOutcome: records.keepOutcome,
      callbackUrl: config.runflow.callbackUrl,
      applicationId: () => applicationId,
    });
    const settings = createSettings(store);
    const audit = createAudit(store, clock);
    const members = createMembers(store, audit, clock);
    const fetchPictures = createFetchPictures(downloads, { inspect: inspectPicture, fit: fitPicture });
    const cards = createCards({ messenger, fetchPictures, settings, members, clock, log });
    const confide = createConfide({ messenger, clock, log });
    const tell = createTell({ speak, confide, messenger, settings, clock, timing, log });
    const steps = createSteps({
      ...{ submit, cards, messenger, audit, settings, records, waiting, runflow, clock, timing, log },
      deliver: createDeliver({ fetchPictures, cards, runflow, speak, clock, timing, log, at }),
      tell: tell.step,
      takingLong: tell.takingLong,
      hold: createHold({ cards, speak, confide, messenger, runflow, settings, clock, timing, log }),
      runTimeoutMs: config.runTimeoutMs,
    });
    const lifecycle: Lifecycle = createLifecycle({
      ...{ records, engine, waiting, steps, clock, timing, log, metrics, at },
    });

    const decisions = createDecisions({ records, change: lifecycle.change, settings, clock });
    const commands = createCommands({
      accept: lifecycle.accept,
      edits: records,
      drafts: createDrafts(store),
      removal: createRemoval({ records, messenger, change: lifecycle.change, log }),
      decisions,
      model: { path: config.runflow.model, limits: modelLimits(config.runflow.model) },
      syncMode: config.runflow.syncMode,
      randomSeed: () => randomInt(2 ** 31),
      clock,
      guild: {
        ...{ settings, audit, members },
        review: decisions,
        counts: createCounts(store, clock),
        mayEdit: createGate({ settings, members, audit, log }),
        drawChart: (weeks) => drawChart(weeks, moderationTexts.stats.chart),
      },
    });
    const gateway = createGateway({
      ...config.discord,
      commands: registrations(commands),
      onInteraction: createDispatch({ commands, log, metrics, clock }),
      makeRequest,
      clock,
      log,
    });

    const { callbackSecrets } = config.runflow;
    const http = await createHttp({
      isSigned:
        callbackSecrets.length === 0
          ? undefined
          : (body, headers) => isSigned(callbackSecrets, body, headers[signatureHeader]),
      readCallback,
      onCallback: lifecycle.callback,
      async unready() {
        const stored = await store.probe().then(
          () => [],
          () => ['the store cannot be written'],
        );
        return gateway.isConnected() ? stored : [...stored, 'not connected to Discord'];
      },
      metrics,
      log,
    });
    closing.push(() => http.close());
    await listen(http, config.http);

    const cancelSweeps = every(clock, sweepMs, () => store.sweep(), log);
    const trim = createTrim();
    const cancelTrims = every(clock, trimEveryMs, async () => trim(), log);
    const cancelRescans = every(clock, timing.rescanMs, () => lifecycle.resume(), log);
    const recovery = createRecovery({
      ...{ runList, records, advance, clock, timing, log },
      applicationId: () => applicationId,
      model: config.runflow.model,
      // Further back, a closed edit would be taken for one that the store has lost.
      lookBackMs: Math.min(config.lookBackMs, config.keepEditsMs),
    });
    closing.push(async () => {
      recovery.stop();
      cancelSweeps();
      cancelTrims();
      cancelRescans();
      await lifecycle.stop(graceMs);
    });
    closing.push(() => gateway.stop());

    ({ applicationId } = await gateway.start());
    await lifecycle.resume();
    recovery.start();
    const address = http.server.address();
    return { port: typeof address === 'object' && address ? address.port : config.http.port, stop: close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function listen(http: Awaited<ReturnType<typeof createHttp>>, where: Config['http']): Promise<void> {
  try {
    await http.listen(where);
  } catch (error) {
    throw new StartError([`HOST, PORT: cannot listen on ${where.host}:${where.port} (${asError(error).message})`]);
  }
}

/** Repeats some housekeeping; a failure is logged and the next round tries again. */
function every(clock: Clock, ms: number, work: () => Promise<unknown>, log: Log): () => void {
  let cancel = clock.after(ms, round);
  let stopped = false;
  function round(): void {
    work()
      .catch((err: unknown) => log.error({ err }, 'housekeeping failed'))
      .finally(() => {
        if (!stopped) cancel = clock.after(ms, round);
      });
  }
  return () => {
    stopped = true;
    cancel();
  };
}
