// The connection to Discord's gateway: opens this process's shards and passes every interaction on. discord.js reconnects
// and resumes by itself; what it gives up for good is connected anew or ends the process, so that the bot is never deaf and
// takes itself for healthy.
import {
  type Client,
  DiscordAPIError,
  DiscordjsError,
  DiscordjsErrorCodes,
  type Interaction,
  REST,
  type RESTPostAPIApplicationCommandsJSONBody,
  Routes,
} from 'discord.js';
import type { Clock } from '../clock.ts';
import { asError, StartError } from '../errors.ts';
import type { Log } from '../log.ts';
import type { Shards } from '../part.ts';
import type { Store } from '../store/store.ts';
import { GatewayClosed, healsAnew, problemOfCode, refusedToken } from './close-codes.ts';
import { createLogIns } from './log-ins.ts';
import { inviteLink } from './permissions.ts';
import { createRegistration } from './registration.ts';
import { createShard, type Shard } from './shard.ts';
import type { Transport } from './transport.ts';

/**
 * `servers`: in how many the bot is; `knew`: an earlier start had registered its commands; `invite`: the address at which
 * somebody adds it to one more server.
 */
export type Started = { applicationId: string; servers: number; knew: boolean; invite: string };

export type Gateway = {
  /** Resolves with the application's id once a first shard can hear people. */
  identified: Promise<string>;
  /**
   * Resolves when every shard is connected and the commands were offered to Discord; keeps trying while Discord is down.
   * @throws {StartError} when Discord does not accept the token
   */
  start(): Promise<Started>;
  /** Whether interactions can arrive now, on every shard of this process. */
  isConnected(): boolean;
  /** What the operator has to mend. */
  troubles(): readonly string[];
  stop(): Promise<void>;
};

const retryMs = [1_000, 2_000, 5_000, 10_000, 30_000] as const;
/** A refusal of a token that REST accepts is taken for an error of Discord's once in this time. */
const forgiveMs = 3_600_000;

/** Discord recommends a shard for about 1,000 servers, and closes those of more than 2,500. */
const mostOutgrown = 2;

/** What only the operator can mend; anything else may pass. */
function problemOf(error: Error): string | undefined {
  const refused =
    (error instanceof DiscordAPIError && error.status === 401) ||
    (error instanceof DiscordjsError && error.code === DiscordjsErrorCodes.TokenInvalid);
  return refused ? `DISCORD_TOKEN: Discord does not accept it (${error.message})` : undefined;
}

export function createGateway(options: {
  token: string;
  apiUrl: string;
  guildId: string | undefined;
  shards: Shards;
  commands: readonly RESTPostAPIApplicationCommandsJSONBody[];
  onInteraction: (interaction: Interaction) => void;
  /** The AutoMod rules of a server changed; without one, those of any may have changed unheard. */
  onRules: (serverId?: string) => void;
  /** The connection is closed for good, and only a new start helps. @param problem what to do, in a sentence */
  onEnd: (problem: string) => void;
  makeRequest: Transport['makeRequest'];
  store: Pick<Store, 'claim' | 'throttle'>;
  /** Between two log-ins of one lane of shards. */
  laneMs: number;
  clock: Clock;
  log: Log;
}): Gateway {
  const { token, makeRequest, clock, log } = options;
  const rest = { api: options.apiUrl, version: '10', makeRequest, globalRequestsPerSecond: Number.MAX_SAFE_INTEGER };
  const api = () => new REST(rest).setToken(token);
  const logIns = createLogIns({ throttle: options.store.throttle, laneMs: options.laneMs, clock, log });
  const registration = createRegistration({ ...options, api });
  const identified = Promise.withResolvers<string>();
  let shards: readonly Shard[] = [];
  let opening = false;
  /** What was closed for good while others were still being opened. */
  const lostMeanwhile: { shard: Shard; code: number }[] = [];
  /** Shards out of fewer: they hear people until those out of more do. What both hear is handled once. */
  let outgrown: readonly Shard[] = [];
  let forgivenAt = Number.NEGATIVE_INFINITY;
  let stopped = false;
  /** What Discord last said about the gateway. discord.js asks once for each shard, after us. */
  let said: unknown;

  async function ask(): Promise<unknown> {
    said = await api().get(Routes.gatewayBot());
    return said;
  }
  const makeShardRequest: Transport['makeRequest'] = async (url, outbound) =>
    url.endsWith(Routes.gatewayBot()) ? Response.json(said) : makeRequest(url, outbound);

  /** Whether a refused token is a good one all the same. */
  async function isForgiven(code: number): Promise<boolean> {
    if (code !== refusedToken || clock.elapsed() - forgivenAt < forgiveMs) return false;
    forgivenAt = clock.elapsed();
    return ask().then(
      () => true,
      (error: unknown) => problemOf(asError(error)) === undefined,
    );
  }

  const wait = (ms: number) => new Promise<void>((resolve) => clock.after(ms, resolve));

  /**
   * Tries until it works. @param isWanted whether it still is
   * @throws {GatewayClosed | StartError} for what trying does not mend
   */
  async function untilDone<Result>(
    attempt: () => Promise<Result>,
    undo: () => Promise<unknown>,
    isWanted: () => boolean,
  ): Promise<Result> {
    for (let tries = 0; ; tries += 1) {
      try {
        return await attempt();
      } catch (thrown) {
        const err = asError(thrown);
        await undo();
        if (err instanceof StartError) throw err;
        if (err instanceof GatewayClosed && !(await isForgiven(err.code))) throw err;
        const problem = problemOf(err);
        if (problem !== undefined) throw new StartError([problem]);
        if (!isWanted()) throw err;
        const waitMs = retryMs[Math.min(tries, retryMs.length - 1)] ?? 30_000;
        log.warn({ err, waitMs, DISCORD_API_URL: options.apiUrl }, 'Discord cannot be reached; trying again');
        await wait(waitMs);
      }
    }
  }

  const allowed = () => logIns.allowed(ask, () => stopped);

  function connect(shard: Shard, isAsked: boolean): Promise<Client<true>> {
    let asked = isAsked;
    const attempt = async () => {
      if (!asked) await allowed();
      asked = false;
      return shard.connect();
    };
    // Another shard may have shown that there have to be more of them.
    return untilDone(attempt, shard.close, () => !stopped && shards.includes(shard));
  }

  function make(id: number, count: number): Shard {
    const shard = createShard({
      id,
      count,
      token,
      rest: { ...rest, makeRequest: makeShardRequest },
      logIns,
      onApplication: identified.resolve,
      onInteraction: options.onInteraction,
      onServer: registration.joined,
      onRules: options.onRules,
      onLost: (code) => void lost(shard, code),
      log,
    });
    return shard;
  }

  const close = (those: readonly Shard[]) => Promise.all(those.map((shard) => shard.close()));

  async function closeAll(): Promise<void> {
    const closing = shards;
    shards = [];
    await close(closing);
  }

  /** Opens every shard of this process. @throws {StartError} */
  async function open(): Promise<void> {
    const { shards: wanted } = options;
    const attempt = async () => {
      const recommended = await allowed();
      const ids = wanted === 'auto' ? Array.from({ length: recommended }, (_, id) => id) : wanted.ids;
      const count = wanted === 'auto' ? recommended : wanted.count;
      if (recommended > mostOutgrown * count) {
        log.warn(
          { recommended },
          `DISCORD_SHARD_COUNT: Discord recommends more shards than ${count}, and soon demands them`,
        );
      }
      if (count > 1) log.info({ shards: ids.length, of: count }, 'opening the shards of this process');
      shards = ids.map((id) => make(id, count));
      try {
        await Promise.all(shards.map((shard) => connect(shard, true)));
      } catch (error) {
        if (!(error instanceof GatewayClosed)) throw error;
        if (healsAnew(error.code, wanted)) throw new Error(error.message);
        throw new StartError([problemOfCode(error.code, wanted)], { forGood: true });
      }
    };
    opening = true;
    try {
      await untilDone(attempt, closeAll, () => !stopped);
    } finally {
      opening = false;
    }
    for (const { shard, code } of lostMeanwhile.splice(0)) void lost(shard, code);
  }

  /** Discord closed the connection of a shard in a way that discord.js does not mend. */
  async function lost(shard: Shard, code: number): Promise<void> {
    if (stopped || !shards.includes(shard)) return;
    if (opening) {
      lostMeanwhile.push({ shard, code });
      return;
    }
    log.error({ shard: shard.id, code }, 'Discord closed the connection for good');
    try {
      if (healsAnew(code, options.shards)) {
        outgrown = shards;
        await open();
        await close(outgrown);
      } else if (await isForgiven(code)) {
        await shard.close();
        await connect(shard, true);
      } else {
        throw new GatewayClosed(code);
      }
    } catch (thrown) {
      const error = asError(thrown);
      const problem = error instanceof GatewayClosed ? problemOfCode(error.code, options.shards) : error.message;
      if (!stopped) options.onEnd(problem);
    }
  }

  return {
    identified: identified.promise,
    async start() {
      await open();
      const applicationId = await identified.promise;
      const serverIds = shards.flatMap((shard) => shard.serverIds());
      await registration.start(applicationId, serverIds);
      const knew = registration.hadCommands();
      return { applicationId, servers: serverIds.length, knew, invite: inviteLink(applicationId) };
    },
    isConnected: () => shards.length > 0 && shards.every((shard) => shard.isConnected()),
    troubles: () => [registration.trouble()].filter((trouble) => trouble !== undefined),
    async stop() {
      stopped = true;
      registration.stop();
      await Promise.all([closeAll(), close(outgrown)]);
    },
  };
}
