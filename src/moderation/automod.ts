// The rules of a server's AutoMod: Discord does not apply them to what bots write, so a prompt that they would block must
// not come back printed by this one. Read when first needed, and again whenever Discord says that they changed.
import { type Clock, within } from '../clock.ts';
import type { AutoModRule, Rules } from '../discord/rules.ts';
import { asError, DiscordTrouble, isRefusal } from '../errors.ts';
import type { Log } from '../log.ts';
import type { Standing } from '../settings/rights.ts';
import { type CompiledRule, compileRule } from './automod-rule.ts';

export type Blocked = { rule: AutoModRule; entry: string };

/** What a look at a server's rules shows: how many are checked, and what is not. */
export type RulesLook = { checked: number; presets: readonly string[]; unreadable: readonly string[] };

export type AutoMod = {
  /**
   * The rule that would block a prompt there; undefined when none does, or none can be read for want of a permission.
   * @throws {DiscordTrouble} when the rules are not known, because Discord is away
   */
  find(guildId: string, prompt: string, standing: Standing): Promise<Blocked | undefined>;
  /** The rules of a server changed; without one, those of any may have changed unheard. */
  changed(guildId?: string): void;
  /** @throws {DiscordTrouble} */
  look(guildId: string): Promise<RulesLook>;
};

/** `state`: up to which change. */
type Known = { at: number; state: string; rules: readonly CompiledRule[]; presets: readonly string[] };

/** Of the three seconds until an interaction has to be answered. */
const answerMs = 1_000;
/** What was heard of no change for so long is read again, without anybody waiting for it. */
const freshMs = 3_600_000;
/** Servers whose rules are kept compiled; full lists take some megabytes. */
const mostKept = 200;

export function createAutoMod(options: { messenger: Rules; clock: Clock; log: Log }): AutoMod {
  const { messenger, clock, log } = options;
  /** In the order of use. */
  const kept = new Map<string, Known>();
  const loading = new Map<string, Promise<Known>>();
  /** Counts changes, so that what was read before one does not count as read after it. */
  const changes = new Map<string, number>();
  let generation = 0;

  function keep(guildId: string, known: Known): void {
    kept.delete(guildId);
    kept.set(guildId, known);
    for (const oldest of kept.keys()) {
      if (kept.size <= mostKept) break;
      kept.delete(oldest);
      changes.delete(oldest);
    }
  }

  async function read(guildId: string, state: string): Promise<Known> {
    const rules = await messenger.autoModRules(guildId);
    const active = rules.filter(({ blocks }) => blocks);
    const compiled = active.filter(({ kind }) => kind === 'words').map(compileRule);
    const presets = active.filter(({ kind }) => kind === 'preset').map(({ name }) => name);
    return { at: clock.elapsed(), state, rules: compiled, presets };
  }

  const stateOf = (guildId: string) => `${generation}:${changes.get(guildId) ?? 0}`;

  /** One request at a time for each server; it is repeated when the rules changed meanwhile. */
  function load(guildId: string): Promise<Known> {
    const under = loading.get(guildId);
    if (under) return under;
    const reading = (async () => {
      while (true) {
        const state = stateOf(guildId);
        const known = await read(guildId, state);
        if (stateOf(guildId) !== state) continue;
        keep(guildId, known);
        return known;
      }
    })().finally(() => loading.delete(guildId));
    loading.set(guildId, reading);
    return reading;
  }

  /** Reads again while nobody waits. */
  function renew(guildId: string): void {
    load(guildId).catch((thrown: unknown) => {
      log.warn({ guild: guildId, err: asError(thrown) }, 'the AutoMod rules of a server cannot be read');
    });
  }

  /** What is known up to the last change; what was known before, while that cannot be read. */
  async function current(guildId: string): Promise<Known> {
    const known = kept.get(guildId);
    if (known?.state === stateOf(guildId)) {
      if (clock.elapsed() - known.at > freshMs) renew(guildId);
      return known;
    }
    try {
      return await within(clock, answerMs, load(guildId), () => {
        throw new DiscordTrouble('later', 'the AutoMod rules were not read in time', undefined);
      });
    } catch (error) {
      if (!known || isRefusal(error)) throw error;
      return known;
    }
  }

  return {
    async find(guildId, prompt, { roleIds, channelIds, managesServer, rulesReadable }) {
      if (!rulesReadable) {
        // Without the permission nobody tells of changes either.
        kept.delete(guildId);
        return undefined;
      }
      // AutoMod itself lets everything through that they write.
      if (managesServer) return undefined;
      let known: Known;
      try {
        known = await current(guildId);
      } catch (error) {
        if (!isRefusal(error)) throw error;
        log.warn({ guild: guildId, err: error }, 'the AutoMod rules of a server are refused; they are not checked');
        return undefined;
      }
      for (const { rule, find } of known.rules) {
        const isExempt =
          rule.exemptRoles.some((id) => roleIds.includes(id)) ||
          rule.exemptChannels.some((id) => channelIds.includes(id));
        const entry = isExempt ? undefined : find(prompt);
        if (entry !== undefined) return { rule, entry };
      }
      return undefined;
    },
    changed(guildId) {
      if (guildId === undefined) {
        generation += 1;
        return;
      }
      changes.set(guildId, (changes.get(guildId) ?? 0) + 1);
      if (kept.has(guildId) || loading.has(guildId)) renew(guildId);
    },
    async look(guildId) {
      const { rules, presets } = await load(guildId);
      return { checked: rules.length, presets, unreadable: rules.flatMap(({ unreadable }) => unreadable) };
    },
  };
}
