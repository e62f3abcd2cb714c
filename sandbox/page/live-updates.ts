// Pushes state to every open page by server-sent events: all of it on connect, then only changes. Changes are batched
// for a few milliseconds, so that a burst becomes one event.
import type { Discord, Message } from '../discord/discord.ts';
import type { User } from '../discord/world.ts';
import { movedBy } from '../moved-time.ts';
import type { Run, Runflow } from '../runflow/runflow.ts';
import type { Control } from './controls.ts';
import type { Supervisor } from './supervisor.ts';
import type { Switches } from './switches.ts';
import {
  type ActionTexts,
  showChannels,
  showMessage,
  showMessages,
  showPeople,
  showRun,
  showTriggers,
} from './views.ts';

export type LiveUpdates = {
  /** Adds a page that shows what this user sees; the returned function removes it. */
  subscribe(user: User, send: (event: string, data: unknown) => void): () => void;
  /** Schedules an update of all pages. */
  schedule(): void;
  close(): void;
};

type Viewer = { user: User; send(event: string, data: unknown): void; lastLine: number; channelsJson: string };

// Short enough not to notice, long enough to batch related changes.
const batchMs = 30;
// Runs emit no event when their status changes, so poll them while a page is open.
const pollMs = 400;
const shownRuns = 50;

export function createLiveUpdates(parts: {
  discord: Discord;
  runflow: Runflow;
  supervisor: Supervisor;
  actionTexts: ActionTexts;
  controls: readonly Control[];
  switches: Switches;
}): LiveUpdates {
  const { discord, runflow, supervisor, actionTexts, switches } = parts;
  const viewers = new Set<Viewer>();
  const changedMessages = new Map<string, Message>();
  const lastSent = new Map<string, string>();
  let flushTimer: NodeJS.Timeout | undefined;

  const runs = (): Run[] => [...runflow.runs.values()].slice(-shownRuns);
  const status = () => ({
    bot: { state: supervisor.state(), pid: supervisor.pid() },
    balance: runflow.balanceCents / 100,
    aheadMs: movedBy(),
    violations: discord.violations.slice(-10),
  });

  function state(viewer: Viewer): unknown {
    return {
      me: viewer.user.id,
      ...showPeople(discord),
      channels: showChannels(discord, viewer.user, switches),
      messages: showMessages(discord, viewer.user, actionTexts),
      runs: runs().map((run) => showRun(discord, run)),
      log: supervisor.lines,
      triggers: showTriggers(),
      controls: parts.controls.map(({ run: _, ...shown }) => shown),
      ...status(),
    };
  }

  /** The runs and status values that changed since the last update. */
  function sharedChanges(): Record<string, unknown> {
    const hasChanged = (key: string, value: unknown) => {
      const text = JSON.stringify(value);
      if (lastSent.get(key) === text) return false;
      lastSent.set(key, text);
      return true;
    };
    const shown = runs().map((run) => showRun(discord, run));
    return {
      runs: shown.filter((run) => hasChanged(`run ${run.id}`, run)),
      ...Object.fromEntries(Object.entries(status()).filter(([key, value]) => hasChanged(key, value))),
    };
  }

  function messagesFor(user: User): { messages: unknown[]; gone: string[] } {
    const channels = new Set([...changedMessages.values()].map(({ channelId }) => channelId));
    const existing = [...channels].filter((id) => discord.world.findChannel(id));
    const visible = new Set(existing.flatMap((id) => discord.visible(id, user.id)));
    const messages = [...changedMessages.values()].filter((message) => visible.has(message));
    const gone = [...changedMessages.values()].filter(({ deletedAt }) => deletedAt !== undefined);
    return {
      messages: messages.map((message) => showMessage(discord, message, actionTexts)),
      gone: gone.map(({ id }) => id),
    };
  }

  function flush(): void {
    flushTimer = undefined;
    const shared = viewers.size > 0 ? sharedChanges() : {};
    for (const viewer of viewers) {
      const channels = showChannels(discord, viewer.user, switches);
      const channelsJson = JSON.stringify(channels);
      const update = {
        ...shared,
        ...messagesFor(viewer.user),
        log: supervisor.lines.filter(({ number }) => number > viewer.lastLine),
        ...(channelsJson === viewer.channelsJson ? {} : { channels }),
      };
      viewer.channelsJson = channelsJson;
      viewer.lastLine = supervisor.lines.at(-1)?.number ?? viewer.lastLine;
      const empty = Object.values(update).every((value) => Array.isArray(value) && value.length === 0);
      if (!empty) viewer.send('update', update);
    }
    changedMessages.clear();
  }

  function schedule(): void {
    flushTimer ??= setTimeout(flush, batchMs);
  }

  function messageChanged(message: Message): void {
    changedMessages.set(message.id, message);
    schedule();
  }

  const unsubscribers = [
    discord.on('message', messageChanged),
    discord.on('messageUpdate', messageChanged),
    discord.on('messageDelete', messageChanged),
    runflow.on('created', schedule),
    runflow.on('finished', schedule),
    runflow.on('callback', schedule),
  ];
  const pollTimer = setInterval(() => {
    if (viewers.size > 0) schedule();
  }, pollMs);

  return {
    subscribe(user, send) {
      const lastLine = supervisor.lines.at(-1)?.number ?? 0;
      const viewer: Viewer = {
        user,
        send,
        lastLine,
        channelsJson: JSON.stringify(showChannels(discord, user, switches)),
      };
      viewers.add(viewer);
      send('state', state(viewer));
      return () => viewers.delete(viewer);
    },
    schedule,
    close() {
      clearTimeout(flushTimer);
      clearInterval(pollTimer);
      for (const unsubscribe of unsubscribers) unsubscribe();
    },
  };
}
