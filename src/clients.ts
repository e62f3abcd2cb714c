// What the bot talks to: store, Runflow, where its pictures lie, Discord. Built in the order in which a start finds out what
// is wrong; each is closed by whoever starts the bot.
import { openWhileChecking } from './checks.ts';
import type { Clock } from './clock.ts';
import type { Config } from './config.ts';
import { checkToken } from './discord/check.ts';
import { createMessenger } from './discord/messenger.ts';
import { createPaced } from './discord/paced.ts';
import { createTransport } from './discord/transport.ts';
import { createOutages } from './edit/outages.ts';
import type { Timing } from './edit/timing.ts';
import { LargeDownload } from './errors.ts';
import type { Log } from './log.ts';
import { createRunflowCheck } from './runflow/check.ts';
import { createRunflow } from './runflow/client.ts';
import { createDownloads } from './runflow/downloads.ts';
import { createInlinePictures } from './runflow/inline.ts';
import { openJobs, openStore } from './store/open.ts';
import type { StoreNews } from './store/store.ts';

/** Opens what is outside. @throws {StartError} when the operator has to change something first */
export async function openClients(options: {
  config: Config;
  /** Start without asking the services whether token and key are right. */
  unasked: boolean;
  /** Called at the end, the newest first. */
  closing: (() => unknown)[];
  /** Continues an edit that waits for a service. */
  advance: (id: string) => void;
  /** The store does not know the recent runs any more. */
  onLost: () => void;
  /** Runflow said that its limit is used up for this long. */
  onUsedUp: (ms: number) => void;
  clock: Clock;
  timing: Timing;
  log: Log;
}) {
  const { config, closing, clock, timing, log } = options;
  const closed = <Part extends { close(): unknown }>(part: Part): Part => {
    closing.push(() => part.close());
    return part;
  };

  const outages = createOutages({ advance: options.advance, clock, timing });
  const news: StoreNews = {
    unreadable: (entry, why) => log.error({ entry, why }, 'a stored entry cannot be read; it is left out'),
    lost() {
      log.error('the store lost its data; recent runs are taken up again from Runflow');
      options.onLost();
    },
    restarted() {
      log.warn('the store was started anew; what it does not know of the recent runs is taken up again');
      options.onLost();
    },
    trouble: (message) => log.warn(message),
  };
  const transport = closed(createTransport());
  const check = createRunflowCheck({ ...config.runflow, clock, log });
  closing.push(() => check.stop());
  const checks = options.unasked
    ? []
    : [checkToken({ ...config.discord, makeRequest: transport.makeRequest }), check.ask()];
  const store = closed(await openWhileChecking(openStore(config.store, news), checks));
  const jobs = await openJobs(config.store, config.role !== 'gateway', news);
  if (jobs) closed(jobs);
  const { throttle } = store;
  const makeRequest = createPaced({ makeRequest: transport.makeRequest, throttle, clock });
  const inline = createInlinePictures(store.space('inline'));
  const runflow = closed(
    createRunflow({
      ...config.runflow,
      answerMs: timing.answerMs,
      keepPicture: inline.keep,
      throttle,
      reads: { clock, notFound: timing.notFound, empty: timing.emptyEnd },
      onUsedUp: options.onUsedUp,
      onAnswer: () => outages.answered('runflow'),
      onRefusedKey: check.refused,
    }),
  );
  const downloads = closed(
    createDownloads({
      ...config,
      leastSpeed: timing.leastSpeed,
      onAnswer: () => outages.answered('downloads'),
    }),
  );
  const pictures = inline.opener(downloads.open, runflow.picture);
  async function download(url: string, mostBytes: number, withinMs: number): Promise<Buffer> {
    let bytes = 0;
    const opened = await downloads.open(url, AbortSignal.timeout(withinMs));
    return opened.whole((arrived) => {
      bytes += arrived;
      if (bytes > mostBytes) throw new LargeDownload(mostBytes);
    });
  }
  const messenger = createMessenger({
    ...config.discord,
    makeRequest,
    onAnswer: () => outages.answered('discord'),
  });
  return { outages, news, makeRequest, check, store, jobs, inline, runflow, downloads, download, pictures, messenger };
}
