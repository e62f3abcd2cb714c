// Both stand-ins, the simulated users, and the stopwatch. One process and one clock time every event: interaction sent,
// acknowledgement, run, its end, and the upload.
import { randomBytes } from 'node:crypto';
import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import sharp from 'sharp';
import { createDiscord } from '../sandbox/discord/discord.ts';
import { createRunflow } from '../sandbox/runflow/runflow.ts';
import type { Answer, Tally } from './protocol.ts';

/** Times of one edit, in milliseconds on this process's clock. */
type Track = {
  token: string;
  asked: number;
  acknowledged?: number;
  created?: number;
  finished?: number;
  posted?: number;
};

export type Arena = {
  answer(tally: Tally): Answer;
  connected(): Promise<void>;
  ask(): void;
  /** Requests flagged edits of large pictures at once; resolves when all have their cards. */
  askForCards(edits: number): Promise<void>;
  /** Requested edits without a picture yet. */
  underWay(): number;
  /** Those of them whose run exists but has not ended. */
  waiting(): number;
  hold(): void;
  release(): void;
  /** Ends the run that has waited longest. */
  finishOldest(): Promise<void>;
  /** Pictures posted so far. */
  posted(): number;
  /** Starts counting. @returns a function that reports what happened since */
  watch(): () => Tally;
  close(): Promise<void>;
};

/** The secret that subjects check callbacks with. */
const secret = 'whsec_bench';
const mia = { user: 'mia', channel: 'general' };
const tick = 5;

/** A picture that does not compress: a PNG of noise. */
async function createPicture(bytes: number): Promise<Buffer> {
  const side = Math.max(8, Math.floor(Math.sqrt(bytes / 3)));
  const raw = { width: side, height: side, channels: 3 } as const;
  return sharp(randomBytes(side * side * 3), { raw })
    .png({ compressionLevel: 1 })
    .toBuffer();
}

/** As many pixels as a member may hand in, in a file that is too large for a card. */
async function createLargeInput(): Promise<Buffer> {
  const raw = { width: 1_800, height: 1_350, channels: 3 } as const;
  return sharp(randomBytes(raw.width * raw.height * 3), { raw })
    .resize(7_200, 5_400, { kernel: 'nearest' })
    .webp({ quality: 60, effort: 0 })
    .toBuffer();
}

/** Counts everything that passes through a server's sockets. */
function meter(server: Server): () => { read: number; written: number } {
  const open = new Set<Socket>();
  const closed = { read: 0, written: 0 };
  server.on('connection', (socket: Socket) => {
    open.add(socket);
    socket.once('close', () => {
      open.delete(socket);
      closed.read += socket.bytesRead;
      closed.written += socket.bytesWritten;
    });
  });
  return () => {
    const sum = { ...closed };
    for (const socket of open) {
      sum.read += socket.bytesRead;
      sum.written += socket.bytesWritten;
    }
    return sum;
  };
}

/** Resolves when the condition holds; rejects on timeout. */
export async function until(what: string, condition: () => boolean, timeoutMs = 120_000): Promise<void> {
  const end = performance.now() + timeoutMs;
  while (!condition()) {
    if (performance.now() > end) throw new Error(`${what}: not within ${timeoutMs} ms`);
    await sleep(tick);
  }
}

/** Opens new stand-ins whose runs end with a picture made beforehand. */
export async function createArena(options: { runMs: number; pictureBytes: number }): Promise<Arena> {
  const picture = await createPicture(options.pictureBytes);
  const small = await createPicture(1_000);
  const image = { name: 'in.png', type: 'image/png', bytes: small, width: 18, height: 18 };
  // Starts are measured one after the other.
  const discord = await createDiscord({ identifyEveryMs: 0 });
  const runflow = await createRunflow({ runMs: options.runMs, rateLimit: Number.MAX_SAFE_INTEGER, secrets: [secret] });
  runflow.balanceCents = Number.MAX_SAFE_INTEGER;
  runflow.plan({ outputBytes: picture }, Number.MAX_SAFE_INTEGER);

  const tracks = new Map<string, Track>();
  const waiting = new Map<string, Track>();
  const uploads = new Map<string, number>();
  const requests = { discord: 0, runflow: 0, keeping: 0, downloads: 0 };
  const trouble: string[] = [];
  let done: Track[] = [];
  let answered: Track[] = [];
  let posted = 0;

  const discordServer = discord.standIn.app.server;
  const runflowServer = runflow.standIn.app.server;
  const meters = [meter(discordServer), meter(runflowServer)];
  const traffic = () => {
    const [first, second] = meters.map((read) => read());
    return {
      in: (first?.written ?? 0) + (second?.written ?? 0),
      out: (first?.read ?? 0) + (second?.read ?? 0),
    };
  };
  discordServer.prependListener('request', (request) => {
    const path = request.url ?? '';
    if (!path.startsWith('/api/')) return;
    requests.discord += 1;
    const token = request.method === 'PATCH' ? /\/webhooks\/\d+\/([^/]+)\//.exec(path)?.[1] : undefined;
    if (token) request.once('end', () => uploads.set(token, performance.now()));
  });
  runflowServer.prependListener('request', (request) => {
    // Originals are put away once the picture is posted.
    if (request.url?.startsWith('/v1/asset')) requests.keeping += 1;
    else if (request.url?.startsWith('/v1/')) requests.runflow += 1;
    else if (request.method === 'GET') requests.downloads += 1;
  });

  discord.on('acknowledged', (id) => {
    const track = tracks.get(id);
    if (!track) return;
    track.acknowledged = performance.now();
    answered.push(track);
  });
  runflow.on('created', (run) => {
    const track = tracks.get(run.client_ref ?? '');
    if (!track) return;
    track.created = performance.now();
    waiting.set(run.id, track);
  });
  runflow.on('finished', (run) => {
    const track = waiting.get(run.id);
    if (track) track.finished = performance.now();
    waiting.delete(run.id);
    if (run.status_code === 'succeeded') return;
    // Do not wait for this edit's picture: on an overloaded machine, the stand-in cannot fetch its input in time.
    trouble.push(`a run ended as ${run.status_code}: ${run.failure_message}`);
    tracks.delete(run.client_ref ?? '');
  });
  discord.on('messageUpdate', (message) => {
    const id = message.interactionId ?? '';
    const track = tracks.get(id);
    if (!track) return;
    tracks.delete(id);
    if (message.attachments.length === 0) trouble.push(`instead of a picture: ${message.content}`);
    track.posted = uploads.get(track.token) ?? performance.now();
    uploads.delete(track.token);
    posted += 1;
    done.push(track);
    // Ten thousand posted pictures would fill this process's memory.
    discord.deleteMessage(message.id);
    message.attachments = [];
  });
  const forget = setInterval(() => {
    discord.standIn.requests.length = 0;
    runflow.standIn.requests.length = 0;
  }, 100);

  const spans = (list: Track[], from: keyof Track, to: keyof Track) =>
    list.flatMap((track) => {
      const [start, end] = [track[from], track[to]];
      return typeof start === 'number' && typeof end === 'number' ? [end - start] : [];
    });

  return {
    answer: (tally) => ({ tally, discordUrl: discord.url, runflowUrl: runflow.url }),
    async connected() {
      await discord.ready();
      await until('the command is registered', () => discord.commands().some(({ name }) => name === 'edit'));
    },
    ask() {
      const asked = performance.now();
      const { id, token } = discord.slash(mia, 'edit', { image, prompt: 'make it night' });
      tracks.set(id, { token, asked });
    },
    async askForCards(edits) {
      const image = {
        name: 'large.webp',
        type: 'image/webp',
        bytes: await createLargeInput(),
        width: 7_200,
        height: 5_400,
      };
      const otto = { user: 'otto', channel: 'review' };
      await discord.slash(otto, 'settings', { 'review-channel': { channel: 'review' } }, 'moderation').replied();
      runflow.hold();
      const known = runflow.runs.size;
      for (let asked = 0; asked < edits; asked += 1) discord.slash(mia, 'edit', { image, prompt: 'night [flagged]' });
      await until('the runs', () => runflow.runs.size === known + edits);
      runflow.release();
      const cards = () => discord.messages('review').filter(({ attachments }) => attachments.length > 0);
      await until('the cards', () => cards().length >= edits, 300_000);
      const complete = cards().filter(({ attachments }) => attachments.length === 2).length;
      if (complete < edits) trouble.push(`${edits - complete} of ${edits} cards go without their input`);
    },
    underWay: () => tracks.size,
    waiting: () => waiting.size,
    hold: runflow.hold,
    release: runflow.release,
    async finishOldest() {
      const [oldest] = waiting.keys();
      if (oldest !== undefined) await runflow.finish(oldest);
    },
    posted: () => posted,
    watch() {
      const start = performance.now();
      const before = { requests: { ...requests }, traffic: traffic(), cpu: process.cpuUsage() };
      const delay = monitorEventLoopDelay({ resolution: 5 });
      delay.enable();
      done = [];
      answered = [];
      return () => {
        delay.disable();
        const cpu = process.cpuUsage(before.cpu);
        const now = traffic();
        return {
          elapsedMs: performance.now() - start,
          acknowledged: spans(answered, 'asked', 'acknowledged'),
          created: spans(answered, 'asked', 'created'),
          posted: spans(done, 'finished', 'posted'),
          requests: {
            discord: requests.discord - before.requests.discord,
            runflow: requests.runflow - before.requests.runflow,
            keeping: requests.keeping - before.requests.keeping,
            downloads: requests.downloads - before.requests.downloads,
          },
          bytes: { in: now.in - before.traffic.in, out: now.out - before.traffic.out },
          pictureBytes: picture.length,
          standIns: { cpuMs: (cpu.user + cpu.system) / 1000, stallMs: delay.max / 1e6 },
          trouble: [...trouble, ...discord.violations.map(({ rule, detail }) => `${rule}: ${detail}`)].slice(0, 20),
        };
      };
    },
    async close() {
      clearInterval(forget);
      await Promise.all([discord.close(), runflow.close()]);
    },
  };
}
