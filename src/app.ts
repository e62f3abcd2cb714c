// start(config) → stop(): builds every part and passes in what it needs. main.ts is the process around it.
import { createDispatch } from '../commands/dispatch.ts';
import { createCommands, registrations } from '../commands/index.ts';
import { createOnce } from '../commands/once.ts';
import { createAudit } from './audit/audit.ts';
import { createCounts } from './audit/counts.ts';
import { openClients } from './clients.ts';
import { type Clock, systemClock } from './clock.ts';
import type { Config } from './config.ts';
import { createConnections } from './connections.ts';
import { createWithoutGateway } from './discord/application.ts';
import { createGateway } from './discord/gateway.ts';
import { payEntry } from './edit/entries.ts';
import { createRecords } from './edit/records.ts';
import { createRetry } from './edit/retry.ts';
import type { AtMoment, Change } from './edit/step.ts';
import { timing as productionTiming, type Timing } from './edit/timing.ts';
import { every } from './housekeeping.ts';
import { createHttp, createMetricsHttp, listen } from './http.ts';
import { createLifecycle, type Lifecycle } from './lifecycle/lifecycle.ts';
import { createLimits } from './limits/limits.ts';
import type { Log } from './log.ts';
import { createTrim, trimEveryMs } from './memory.ts';
import { createMetrics } from './metrics.ts';
import { createModeration } from './moderation/moderation.ts';
import { createNotify } from './notify/notify.ts';
import { drawChart } from './picture/chart.ts';
import { createFetchPictures } from './picture/fetch.ts';
import { inspectPicture } from './picture/picture.ts';
import { createMakePrints } from './picture/prints.ts';
import { createConvert, createShrink } from './picture/shrink.ts';
import { createQueue } from './queue/queue.ts';
import { createResult } from './result/result.ts';
import { createRun } from './run/run.ts';
import { createSelfCall } from './runflow/self-call.ts';
import { createLanguage } from './settings/language.ts';
import { createSettings } from './settings/settings.ts';
import { createSource } from './source/source.ts';
import { prepareStore } from './store/open.ts';
import { type Catalogues, catalogues } from './texts/texts.ts';

export type App = {
  /** Port of the HTTP listener. */
  port: number;
  /** In how many servers the bot is, as far as this process hears of them, and the address at which it is added to one more. */
  servers: number;
  invite: string;
  /** Resolves, with what to do, when the bot can go on no more and has to be stopped. */
  ended: Promise<string>;
  /** Stops taking interactions, then finishes or parks current work. Resolves within about 8 s. */
  stop(): Promise<void>;
};

/** What tests replace: clock, timing, languages, the named moments, and the questions to the services before the start. */
export type Hooks = {
  clock?: Clock;
  timing?: Partial<Timing>;
  at?: AtMoment;
  catalogues?: Catalogues;
  unasked?: boolean;
};

const sweepMs = 3_600_000;
/** Part of the ten seconds between SIGTERM and SIGKILL. */
const graceMs = 6_000;

/**
 * Starts the bot. Resolves when it is connected and its commands are registered.
 * @throws {StartError} when the operator has to change something first
 */
export async function start(config: Config, log: Log, hooks: Hooks = {}): Promise<App> {
  const clock = hooks.clock ?? systemClock;
  const timing = { ...productionTiming, ...hooks.timing };
  const at = hooks.at ?? (() => {});
  const language = createLanguage(hooks.catalogues ?? catalogues);
  const metrics = createMetrics();
  /** Until the bot is connected, the usual look at the recent runs is still to come. */
  let recoverLost = () => {};
  const closing: (() => unknown)[] = [];
  /** Undoes what was started, newest first. */
  const stop = async () => {
    for (const step of closing.splice(0).reverse()) await step();
  };
  const closed = <Part extends { close(): unknown }>(part: Part): Part => {
    closing.push(() => part.close());
    return part;
  };

  try {
    const advance = (id: string) => void lifecycle.advance(id);
    const clients = await openClients({
      config,
      unasked: hooks.unasked ?? false,
      closing,
      advance,
      onLost: () => recoverLost(),
      onUsedUp: (ms) => run.queue.pause(ms),
      clock,
      timing,
      log,
    });
    const { outages, news, makeRequest, check, store, jobs, inline, runflow, downloads, pictures, messenger } = clients;
    const retry = createRetry({ outages, clock, timing, log });

    const selfCall = createSelfCall({
      ...config.runflow,
      secrets: config.runflow.callbackSecrets,
      shared: config.discord.token,
      onMissed: () => metrics.callbacksMissed.inc(),
      clock,
      log,
    });
    const { promise: ended, resolve: end } = Promise.withResolvers<string>();
    let applicationId = '';
    const change: Change = (id, choose) => lifecycle.change(id, choose);
    const records = createRecords(store, config.keepEditsMs);
    const settings = createSettings(store, clock);
    const audit = createAudit(store, clock);
    const fetchPictures = createFetchPictures(pictures, {
      inspect: inspectPicture,
      shrink: createShrink({ log }),
      convert: createConvert({ log }),
    });
    const base = { store, records, runflow, settings, messenger, fetchPictures, change, retry, clock, timing, log, at };
    const notify = createNotify({ ...config, messenger, store, settings, language, clock, log });
    const run = createRun({
      ...base,
      alone: jobs === undefined,
      ...config.runflow,
      ...config.limits,
      advance,
      onMissed: selfCall.missed,
      sendPublicly: notify.public.send,
      applicationId: () => applicationId,
    });
    const moderation = createModeration({
      ...base,
      makePrints: createMakePrints({ log }),
      ...notify,
      ...config.editing,
      audit,
      language,
    });
    const { approvedPictures, reconsider } = moderation;
    const limits = createLimits({ ...base, ...config.editing, ...notify, model: run.model });
    const queue = createQueue({
      ...base,
      reject: (id, person, reason) => moderation.decisions.decide(id, person, 'rejected', { card: undefined, reason }),
      addresses: moderation.view.pictures,
    });
    const result = createResult({ ...base, ...notify, language, approvedPictures, reconsider });
    const source = createSource({ ...base, assets: runflow.assets, openPicture: downloads.open });
    const once = createOnce({ store, shared: config.store.kind === 'redis', clock });
    const lifecycle: Lifecycle = createLifecycle({
      ...base,
      isOurs: once.isOurs,
      jobs,
      works: config.role !== 'gateway',
      public: notify.public,
      poll: run.poll,
      leaveLine: run.queue.leave,
      dropPictures: inline.drop,
      overdueAt: run.overdueAt,
      onUnknown: () => recoverLost(),
      isClosed: () => check.troubles().length > 0,
      steps: {
        ...run.steps,
        ...moderation.steps,
        ...result.steps,
        settled: result.unlessAnswered(moderation.steps.settled),
      },
      keepSource: source.keep,
      payers: {
        entry: payEntry(audit),
        ...moderation.payers,
        ...result.payers,
        ...limits.payers,
        ...source.payers,
      },
      metrics,
    });

    const commands = createCommands({
      accept: lifecycle.accept,
      edits: records,
      run,
      result,
      moderation,
      limits,
      queue,
      source,
      settings,
      directMessages: config.editing.directMessages,
      download: clients.download,
      audit: { log: audit, counts: createCounts(store, clock), drawChart },
      language,
      clock,
    });
    const discord = { ...config.discord, makeRequest, store, clock, log };
    const gateway =
      config.role === 'worker'
        ? createWithoutGateway(discord)
        : createGateway({
            ...discord,
            commands: registrations(commands),
            onInteraction: createDispatch({
              commands,
              once,
              language,
              log,
              metrics,
              clock,
            }),
            onRules: moderation.autoMod.changed,
            onEnd: end,
            laneMs: timing.identifyMs,
          });
    const refused = await downloads.whyRefused(config.runflow.apiUrl);
    if (refused) {
      log.error(
        { variable: 'TRUSTED_RANGES', why: refused },
        'pictures from where RUNFLOW_API_URL leads would be refused once they are paid for: if they come from there, or if a proxy makes these addresses up, name their range in TRUSTED_RANGES',
      );
    }
    // Before the log-in to Discord: a store that does not work must not cost a log-in with each start.
    const adopters = { ...records.adopt, audit: audit.adopt, 'time-out': moderation.members.adopt };
    await prepareStore(store, config.store.kind, adopters, news);
    const connections = createConnections();
    const { host, metricsPort } = config.http;
    const withMetrics = metricsPort === config.http.port;
    const http = await createHttp({
      secrets: config.runflow.callbackSecrets,
      answerSelf: selfCall.answer,
      async onCallback({ outcome, ...callback }, proven) {
        selfCall.heard();
        const kept = outcome && proven ? await inline.keepOutcome(callback.runId, outcome) : outcome;
        return lifecycle.callback({ ...callback, outcome: kept }, proven);
      },
      probe: () => store.probe(),
      isConnected: () => gateway.isConnected(),
      troubles: () => [...messenger.troubles(), ...gateway.troubles(), ...check.troubles()],
      withMetrics,
      connections,
      metrics,
      clock,
      log,
    });
    const port = await listen(closed(http), config.http);
    if (!withMetrics) {
      const apart = closed(createMetricsHttp(metrics, connections));
      await listen(apart, { host, port: metricsPort }, 'HOST, METRICS_PORT');
    }

    closing.push(() => lifecycle.stop(graceMs));
    closing.push(() => source.stop());
    closing.push(every(clock, sweepMs, () => lifecycle.leads() && store.sweep(), log));
    closing.push(every(clock, trimEveryMs, createTrim(), log));
    closing.push(() => selfCall.stop());
    closing.push(() => run.recovery.stop());
    closing.push(() => run.queue.stop());
    closing.push(() => outages.stop());
    closing.push(() => gateway.stop());

    const starting = gateway.start();
    // What becomes of it is asked below.
    starting.catch(() => {});
    // Many shards take minutes to log in; those that are there hear people, and what is open goes on.
    applicationId = await Promise.race([gateway.identified, starting.then((started) => started.applicationId)]);
    await lifecycle.begin(() => run.recovery.start());
    selfCall.start();
    recoverLost = () => {
      if (lifecycle.leads()) run.recovery.start();
    };
    const { servers, knew, invite } = await starting;
    if (store.isNew && knew) log.warn({ servers }, 'the store is empty, but the bot has run before: see STORE_URL');
    return { port, servers, invite, ended, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
