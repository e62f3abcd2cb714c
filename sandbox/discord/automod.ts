// AutoMod: the guild's rules, which its people make and the bot may only read with Manage Server. Who may read them is
// told of each change.
import { missingPermissions, unknownGuild } from './errors.ts';
import type { Dispatch } from './gateway.ts';
import { has } from './permissions.ts';
import type { Rest } from './rest.ts';
import type { Snowflakes } from './snowflake.ts';
import type { Json } from './wire.ts';
import type { World } from './world.ts';

/** A rule as a person makes it; by default it is on and blocks messages with its keywords. */
export type RuleOptions = {
  name?: string;
  keywords?: readonly string[];
  patterns?: readonly string[];
  allowed?: readonly string[];
  /** 1 keywords, 3 spam, 4 Discord's own lists, 5 mentions, 6 members' profiles. */
  trigger?: 1 | 3 | 4 | 5 | 6;
  enabled?: boolean;
  /** Only tells moderators. */
  onlyAlerts?: boolean;
  message?: string;
  exemptRoles?: readonly string[];
  exemptChannels?: readonly string[];
};

export type AutoMod = {
  /** Makes a rule. @returns its id. @throws where Discord's client would not allow it */
  add(options: RuleOptions): string;
  change(id: string, options: RuleOptions): void;
  remove(id: string): void;
};

// Of Discord's documentation: how many of each rule a guild has, and how much is in one.
const MOST_RULES: Record<number, number> = { 1: 6, 3: 1, 4: 1, 5: 1, 6: 1 };
const MOST = {
  keywords: 1000,
  keyword: 60,
  patterns: 10,
  pattern: 260,
  allowed: 100,
  roles: 20,
  channels: 50,
  message: 150,
};
const AUTO_MODERATION_CONFIGURATION = 1 << 20;

function check(options: RuleOptions): void {
  const { keywords = [], patterns = [], allowed = [], exemptRoles = [], exemptChannels = [], message = '' } = options;
  const fits =
    keywords.length <= MOST.keywords &&
    [...keywords, ...allowed].every((word) => word.length > 0 && word.length <= MOST.keyword) &&
    patterns.length <= MOST.patterns &&
    patterns.every((pattern) => pattern.length > 0 && pattern.length <= MOST.pattern) &&
    allowed.length <= MOST.allowed &&
    exemptRoles.length <= MOST.roles &&
    exemptChannels.length <= MOST.channels &&
    message.length <= MOST.message;
  if (!fits) throw new Error(`Discord would not take the rule ${JSON.stringify(options).slice(0, 200)}`);
}

/** Adds the route. @param dispatch sends an event to sessions that want it */
export function createAutoMod(
  rest: Rest,
  world: World,
  snowflakes: Snowflakes,
  dispatch: (event: Dispatch, wants: (intents: number) => boolean) => void,
): AutoMod {
  const rules = new Map<string, RuleOptions>();
  const mayRead = () => has(world.guildPermissions(world.bot.id), 'MANAGE_GUILD');

  function ruleJson(id: string, options: RuleOptions): Json {
    const { trigger = 1, message } = options;
    const alert = { type: 2, metadata: { channel_id: world.channel('review').id } };
    const block = { type: 1, metadata: message === undefined ? {} : { custom_message: message } };
    return {
      id,
      guild_id: world.guild.id,
      creator_id: world.owner.id,
      name: options.name ?? 'Words',
      event_type: trigger === 6 ? 2 : 1,
      trigger_type: trigger,
      trigger_metadata:
        trigger === 1 || trigger === 6
          ? {
              keyword_filter: options.keywords ?? [],
              regex_patterns: options.patterns ?? [],
              allow_list: options.allowed ?? [],
            }
          : trigger === 4
            ? { presets: [1, 2, 3], allow_list: options.allowed ?? [] }
            : trigger === 5
              ? { mention_total_limit: 5, mention_raid_protection_enabled: false }
              : {},
      actions: options.onlyAlerts ? [alert] : [block, alert],
      enabled: options.enabled ?? true,
      exempt_roles: options.exemptRoles ?? [],
      exempt_channels: options.exemptChannels ?? [],
    };
  }

  function tell(name: string, data: Json): void {
    if (mayRead()) dispatch({ name, data }, (intents) => (intents & AUTO_MODERATION_CONFIGURATION) !== 0);
  }

  rest.route('GET', '/guilds/:guild/auto-moderation/rules', (call) => {
    if (call.params.guild !== world.guild.id) throw unknownGuild();
    if (!mayRead()) throw missingPermissions();
    return { body: [...rules].map(([id, options]) => ruleJson(id, options)) };
  });

  return {
    add(options) {
      const { trigger = 1 } = options;
      check(options);
      const same = [...rules.values()].filter((rule) => (rule.trigger ?? 1) === trigger);
      if (same.length >= (MOST_RULES[trigger] ?? 0)) throw new Error(`there are too many rules of type ${trigger}`);
      const id = snowflakes();
      rules.set(id, options);
      tell('AUTO_MODERATION_RULE_CREATE', ruleJson(id, options));
      return id;
    },
    change(id, options) {
      const before = rules.get(id);
      if (!before) throw new Error(`there is no rule ${id}`);
      const after = { ...before, ...options };
      check(after);
      rules.set(id, after);
      tell('AUTO_MODERATION_RULE_UPDATE', ruleJson(id, after));
    },
    remove(id) {
      const before = rules.get(id);
      if (!before) throw new Error(`there is no rule ${id}`);
      rules.delete(id);
      tell('AUTO_MODERATION_RULE_DELETE', ruleJson(id, before));
    },
  };
}
