// /review: the account of moderation for those who moderate. Its buttons carry all that they need in their custom ids,
// so they work after any restart.
import {
  type APIApplicationCommandBasicOption,
  type APIApplicationCommandSubcommandOption,
  ApplicationCommandOptionType,
  ApplicationCommandType,
  ApplicationIntegrationType,
  type BaseInteraction,
  ButtonStyle,
  type ChatInputCommandInteraction,
  ComponentType,
  InteractionContextType,
  type InteractionEditReplyOptions,
  type RESTPostAPIChatInputApplicationCommandsJSONBody,
} from 'discord.js';
import { lastWeeks } from '../src/audit/counts.ts';
import { exportAudit, exportFormats, readDay } from '../src/audit/export.ts';
import { linesPerPage, logLine } from '../src/audit/log-line.ts';
import { computeStats } from '../src/audit/stats.ts';
import { usualUploadLimit } from '../src/edit/edit.ts';
import { UserError } from '../src/errors.ts';
import { moderationTexts } from '../src/moderation-texts.ts';
import { mayModerate } from '../src/settings/rights.ts';
import { messageLimit } from '../src/texts.ts';
import type { Bot, Command } from './command.ts';
import { readPresser } from './presser.ts';

const words = moderationTexts.commands.review;
const pageName = 'audit-page';
const liftName = 'lift-time-out';

/** Twelve weeks fit beside each other in the chart with their dates. */
const weeksShown = 12;
const dayMs = 24 * 3_600_000;

const subcommand = (name: string, description: string, options: APIApplicationCommandBasicOption[] = []) =>
  ({
    type: ApplicationCommandOptionType.Subcommand,
    name,
    description,
    options,
  }) satisfies APIApplicationCommandSubcommandOption;

const userOption = (name: string, description: string, required = false) =>
  ({ type: ApplicationCommandOptionType.User, name, description, required }) as const;

// Discord cannot show a command to Manage Messages or to a role that the server chooses in `/settings`, so everybody is
// shown this one and the handler refuses. A server can hide it in its integration settings.
const definition = {
  type: ApplicationCommandType.ChatInput,
  name: 'review',
  description: words.description,
  contexts: [InteractionContextType.Guild],
  integration_types: [ApplicationIntegrationType.GuildInstall],
  options: [
    subcommand('log', words.log, [userOption('member', words.logMember), userOption('moderator', words.logModerator)]),
    subcommand('export', words.export, [
      {
        type: ApplicationCommandOptionType.String,
        name: 'format',
        description: words.format,
        choices: [
          { name: 'CSV', value: 'csv' },
          { name: 'JSON Lines', value: 'jsonl' },
        ],
      },
      { type: ApplicationCommandOptionType.String, name: 'from', description: words.from },
      { type: ApplicationCommandOptionType.String, name: 'to', description: words.to },
    ]),
    subcommand('stats', words.stats),
    subcommand('queue', words.queue),
    subcommand('member', words.member, [userOption('member', words.memberUser, true)]),
  ],
} satisfies RESTPostAPIChatInputApplicationCommandsJSONBody;

/** Where a page of the log begins. */
type Cursor = { before?: string; after?: string };
type Reply = Pick<InteractionEditReplyOptions, 'content' | 'components' | 'files'>;

const silent = { allowedMentions: { parse: [] } } satisfies InteractionEditReplyOptions;

function row(buttons: { id: string; label: string; off?: boolean }[]): NonNullable<Reply['components']> {
  return [
    {
      type: ComponentType.ActionRow,
      components: buttons.map(({ id, label, off = false }) => ({
        type: ComponentType.Button,
        style: ButtonStyle.Secondary,
        customId: id,
        label,
        disabled: off,
      })),
    },
  ];
}

export function createReviewCommand({ guild, clock }: Bot): Command {
  /** The server, once it is sure that this member moderates it. @throws {UserError} */
  async function admit(interaction: BaseInteraction): Promise<{ guildId: string; userId: string }> {
    const presser = readPresser(interaction);
    const settings = await guild.settings.get(presser.guildId);
    if (!mayModerate(settings, presser)) throw new UserError(moderationTexts.mayNotModerate);
    return presser;
  }

  async function logPage(guildId: string, memberId: string, actorId: string, cursor: Cursor): Promise<Reply> {
    const filter = { memberId: memberId || undefined, actorId: actorId || undefined };
    // One more than fits tells whether there is another page.
    const read = (from: Cursor) => guild.audit.list(guildId, { ...filter, ...from, limit: linesPerPage + 1 });
    const found = await read(cursor);
    const upwards = cursor.after !== undefined;
    const more = found.length > linesPerPage;
    // What is left above is less than a page: the newest page holds it and what follows.
    if (upwards && !more) return logPage(guildId, memberId, actorId, {});
    const shown = upwards ? found.slice(-linesPerPage) : found.slice(0, linesPerPage);
    const newer = upwards || cursor.before !== undefined;
    const older = upwards || more;

    const texts = moderationTexts.log;
    const lines = shown.length === 0 ? [texts.empty] : shown.map(logLine);
    const id = (way: string, entry: { id: string } | undefined) =>
      `${pageName}:${way}:${entry?.id ?? ''}:${memberId}:${actorId}`;
    const buttons = [
      { id: id('newest', undefined), label: texts.newest, off: !newer },
      { id: id('after', shown[0]), label: texts.newer, off: !newer },
      { id: id('before', shown.at(-1)), label: texts.older, off: !older },
    ];
    return {
      content: [texts.title(memberId, actorId), ...lines].join('\n'),
      components: newer || older ? row(buttons) : [],
    };
  }

  async function exportFile({ options, attachmentSizeLimit }: ChatInputCommandInteraction, guildId: string) {
    const texts = moderationTexts.export;
    const day = (name: string): number | undefined => {
      const text = options.getString(name);
      if (text === null) return undefined;
      const start = readDay(text);
      if (start === undefined) throw new UserError(texts.date(name));
      return start;
    };
    const format = exportFormats.find((one) => one === options.getString('format')) ?? 'csv';
    const from = day('from') ?? Number.NEGATIVE_INFINITY;
    const to = (day('to') ?? Number.POSITIVE_INFINITY) + dayMs;
    const entries = (await Array.fromAsync(guild.audit.all(guildId))).filter(({ at }) => at >= from && at < to);
    if (entries.length === 0) throw new UserError(moderationTexts.log.empty);
    const bytes = Buffer.from(exportAudit(entries, format));
    if (bytes.length > (attachmentSizeLimit || usualUploadLimit)) throw new UserError(texts.tooLarge);
    return { content: texts.done(entries.length), files: [{ attachment: bytes, name: `audit-log.${format}` }] };
  }

  async function stats(guildId: string): Promise<Reply> {
    const starts = lastWeeks(clock.now(), weeksShown);
    const edits = await guild.counts.edits(guildId, starts);
    const entries = await Array.fromAsync(guild.audit.all(guildId));
    const numbers = computeStats(
      entries,
      starts.map((start, index) => ({ start, edits: edits[index] ?? 0 })),
    );
    const texts = moderationTexts.stats;
    const picture = { attachment: await guild.drawChart(numbers.weeks), name: 'moderation.png' };
    return {
      content: [texts.title(weeksShown), ...texts.lines(numbers)].join('\n'),
      files: [{ ...picture, description: texts.chartAlt }],
    };
  }

  async function queue(guildId: string): Promise<Reply> {
    const cards = await guild.review.queue(guildId);
    const texts = moderationTexts.queue;
    if (cards.length === 0) return { content: texts.empty };
    let content = texts.title(cards.length);
    for (const [index, card] of cards.entries()) {
      const line = `\n${texts.line(card)}`;
      const rest = `\n${texts.more(cards.length - index)}`;
      if (content.length + line.length + rest.length > messageLimit) return { content: content + rest };
      content += line;
    }
    return { content };
  }

  async function member(guildId: string, memberId: string): Promise<Reply> {
    const texts = moderationTexts.member;
    const timeOut = await guild.members.current(guildId, memberId);
    const history = texts.lines(await guild.members.history(guildId, memberId));
    const now = timeOut ? texts.timeOut(timeOut) : texts.noTimeOut;
    return {
      content: [texts.title(memberId), ...history, now].join('\n'),
      components: timeOut ? row([{ id: `${liftName}:${memberId}`, label: texts.lift }]) : [],
    };
  }

  async function answer(interaction: ChatInputCommandInteraction, guildId: string): Promise<Reply> {
    const { options } = interaction;
    switch (options.getSubcommand()) {
      case 'export':
        return exportFile(interaction, guildId);
      case 'stats':
        return stats(guildId);
      case 'queue':
        return queue(guildId);
      case 'member':
        return member(guildId, options.getUser('member', true).id);
      default:
        return logPage(guildId, options.getUser('member')?.id ?? '', options.getUser('moderator')?.id ?? '', {});
    }
  }

  return {
    kind: 'slash',
    data: definition,
    handler: {
      acknowledge: 'private',
      async execute(interaction) {
        const { guildId } = await admit(interaction);
        await interaction.editReply({ ...(await answer(interaction, guildId)), ...silent });
      },
    },
    buttons: {
      [pageName]: {
        acknowledge: 'update',
        async execute(interaction, [way = '', entryId = '', memberId = '', actorId = '']) {
          const { guildId } = await admit(interaction);
          const cursor = way === 'before' ? { before: entryId } : way === 'after' ? { after: entryId } : {};
          await interaction.editReply({ ...(await logPage(guildId, memberId, actorId, cursor)), ...silent });
        },
      },
      [liftName]: {
        acknowledge: 'update',
        async execute(interaction, [memberId = '']) {
          const { guildId, userId } = await admit(interaction);
          const lifted = await guild.members.lift(guildId, memberId, userId);
          const { content, components = [] } = await member(guildId, memberId);
          const { lifted: done, notTimedOut } = moderationTexts.member;
          await interaction.editReply({ content: `${content}\n${lifted ? done : notTimedOut}`, components, ...silent });
        },
      },
    },
  };
}
