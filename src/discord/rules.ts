// A server's AutoMod rules, as Discord lists them to a bot with Manage Server.
import { Routes } from 'discord.js';
import { z } from 'zod';

export type AutoModRule = {
  id: string;
  name: string;
  /** `words`: of the server's own; `preset`: Discord's lists, which nobody can read; anything else is not about words. */
  kind: 'words' | 'preset' | 'other';
  /** Phrases with `*` at either end; and patterns in Rust's dialect of regular expressions. */
  keywords: readonly string[];
  patterns: readonly string[];
  /** Phrases that are let through all the same. */
  allowed: readonly string[];
  exemptRoles: readonly string[];
  exemptChannels: readonly string[];
  /** It is on, looks at messages and blocks them. */
  blocks: boolean;
  /** What the server tells whoever wrote it. */
  message: string | undefined;
};

export type Rules = {
  /** @throws {DiscordTrouble} `forbidden` without Manage Server */
  autoModRules(guildId: string): Promise<readonly AutoModRule[]>;
};

const messageSent = 1;
const blockMessage = 1;
const kinds: Readonly<Record<number, AutoModRule['kind']>> = { 1: 'words', 4: 'preset' };

const texts = z.array(z.string()).catch([]);
const rulesShape = z.array(
  z.object({
    id: z.string(),
    name: z.string(),
    event_type: z.number(),
    trigger_type: z.number(),
    trigger_metadata: z
      .object({ keyword_filter: texts, regex_patterns: texts, allow_list: texts })
      .catch({ keyword_filter: [], regex_patterns: [], allow_list: [] }),
    actions: z.array(
      z.object({
        type: z.number(),
        metadata: z.object({ custom_message: z.string().nullish() }).nullish().catch(undefined),
      }),
    ),
    enabled: z.boolean(),
    exempt_roles: texts,
    exempt_channels: texts,
  }),
);

/** @param get a request with the bot's token. @param attempt makes discord.js's errors DiscordTrouble */
export function createRules(
  get: (route: `/${string}`) => Promise<unknown>,
  attempt: <Result>(request: () => Promise<Result>) => Promise<Result>,
): Rules {
  return {
    autoModRules: (guildId) =>
      attempt(async () =>
        rulesShape.parse(await get(Routes.guildAutoModerationRules(guildId))).map((rule) => {
          const block = rule.actions.find(({ type }) => type === blockMessage);
          return {
            id: rule.id,
            name: rule.name,
            kind: kinds[rule.trigger_type] ?? 'other',
            keywords: rule.trigger_metadata.keyword_filter,
            patterns: rule.trigger_metadata.regex_patterns,
            allowed: rule.trigger_metadata.allow_list,
            exemptRoles: rule.exempt_roles,
            exemptChannels: rule.exempt_channels,
            blocks: rule.enabled && rule.event_type === messageSent && block !== undefined,
            message: block?.metadata?.custom_message ?? undefined,
          };
        }),
      ),
  };
}
