// What happened, told to every open page by server-sent events: the whole state when it connects, then only changes.
// Changes are gathered for some milliseconds, so that a flood of them is one event.
import type { Discord, Message } from '../discord/discord.ts';
import type { User } from '../discord/world.ts';
import type { Run, Runflow } from '../runflow/runflow.ts';
import type { Trick } from './controls.ts';
import type { Keeper } from './supervisor.ts';
import { type Deeds, showChannels, showMessage, showMessages, showPeople, showRun, showTriggers } from './views.ts';

export type Live = {
  /** Adds a page that looks through this person's eyes; the returned function takes it away. */
  watch(user: User, send: (event: string, data: unknown) => void): () => void;
  /** Something changed: the pages are told soon. */
  touch(): void;
  close(): void;
};

type Viewer = { user: User; send(event: string, data: unknown): void; lines: number; channels: string };

// Too short to notice, long enough to gather what belongs together.
const gatherMs = 30;
// Runs change their status without telling; so often they are looked at while a page is open.
const lookMs = 400;
const shownRuns = 50;

export function createLive(parts: {
  discord: Discord;
  runflow: Runflow;
  keeper: Keeper;
  deeds: Deeds;
  tricks: readonly Trick[];
}): Live {
  const { discord, runflow, keeper, deeds } = parts;
  const viewers = new Set<Viewer>();
  const changed = new Map<string, Message>();
  const told = new Map<string, string>();
  let soon: NodeJS.Timeout | undefined;

  const runs = (): Run[] => [...runflow.runs.values()].slice(-shownRuns);
  const scenes = () => ({
    bot: { state: keeper.state(), pid: keeper.pid() },
    balance: runflow.balanceCents / 100,
    violations: discord.violations.slice(-10),
  });

  function state(viewer: Viewer): unknown {
    return {
      me: viewer.user.id,
      ...showPeople(discord),
      channels: showChannels(discord, viewer.user),
      messages: showMessages(discord, viewer.user, deeds),
      runs: runs().map((run) => showRun(discord, run)),
      log: keeper.heard,
      triggers: showTriggers(),
      tricks: parts.tricks.map(({ run: _, ...shown }) => shown),
      ...scenes(),
    };
  }

  /** Those of the runs and of the scenes that read differently than they were told last. */
  function news(): Record<string, unknown> {
    const fresh = (key: string, value: unknown) => {
      const text = JSON.stringify(value);
      if (told.get(key) === text) return false;
      told.set(key, text);
      return true;
    };
    const shown = runs().map((run) => showRun(discord, run));
    return {
      runs: shown.filter((run) => fresh(`run ${run.id}`, run)),
      ...Object.fromEntries(Object.entries(scenes()).filter(([key, value]) => fresh(key, value))),
    };
  }

  function messagesFor(user: User): { messages: unknown[]; gone: string[] } {
    const channels = new Set([...changed.values()].map(({ channelId }) => channelId));
    const existing = [...channels].filter((id) => discord.world.findChannel(id));
    const visible = new Set(existing.flatMap((id) => discord.visible(id, user.id)));
    const messages = [...changed.values()].filter((message) => visible.has(message));
    const gone = [...changed.values()].filter(({ deletedAt }) => deletedAt !== undefined);
    return {
      messages: messages.map((message) => showMessage(discord, message, deeds)),
      gone: gone.map(({ id }) => id),
    };
  }

  function flush(): void {
    soon = undefined;
    const shared = viewers.size > 0 ? news() : {};
    for (const viewer of viewers) {
      const channels = showChannels(discord, viewer.user);
      const spelled = JSON.stringify(channels);
      const update = {
        ...shared,
        ...messagesFor(viewer.user),
        log: keeper.heard.filter(({ number }) => number > viewer.lines),
        ...(spelled === viewer.channels ? {} : { channels }),
      };
      viewer.channels = spelled;
      viewer.lines = keeper.heard.at(-1)?.number ?? viewer.lines;
      const empty = Object.values(update).every((value) => Array.isArray(value) && value.length === 0);
      if (!empty) viewer.send('update', update);
    }
    changed.clear();
  }

  function touch(): void {
    soon ??= setTimeout(flush, gatherMs);
  }

  function mark(message: Message): void {
    changed.set(message.id, message);
    touch();
  }

  const stops = [
    discord.on('message', mark),
    discord.on('messageUpdate', mark),
    discord.on('messageDelete', mark),
    runflow.on('created', touch),
    runflow.on('finished', touch),
    runflow.on('callback', touch),
  ];
  const look = setInterval(() => {
    if (viewers.size > 0) touch();
  }, lookMs);

  return {
    watch(user, send) {
      const lines = keeper.heard.at(-1)?.number ?? 0;
      const viewer: Viewer = { user, send, lines, channels: JSON.stringify(showChannels(discord, user)) };
      viewers.add(viewer);
      send('state', state(viewer));
      return () => viewers.delete(viewer);
    },
    touch,
    close() {
      clearTimeout(soon);
      clearInterval(look);
      for (const stop of stops) stop();
    },
  };
}
