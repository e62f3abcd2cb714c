// /review: the audit log, statistics and open cards for moderators. Its buttons keep all their state in their custom
// ids, so they work after any restart.
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
  PermissionFlagsBits,
  type RESTPostAPIChatInputApplicationCommandsJSONBody,
} from 'discord.js';
import { lastWeeks } from '../src/audit/counts.ts';
import { exportAudit, exportFormats, readDay } from '../src/audit/export.ts';
import { linesPerPage, logLine } from '../src/audit/log-line.ts';
import { computeStats } from '../src/audit/stats.ts';
import { buttonId, buttons } from '../src/buttons.ts';
import { messageLimit, usualUploadLimit } from '../src/discord/limits.ts';
import { UserError } from '../src/errors.ts';
import type { Language } from '../src/settings/language.ts';
import { mayModerate, type Person } from '../src/settings/rights.ts';
import type { Texts } from '../src/texts/texts.ts';
import { type Bot, type Command, described } from './command.ts';
import { readPerson } from './person.ts';

/** Twelve weeks fit side by side in the chart with their dates. */
const weeksShown = 12;
const dayMs = 24 * 3_600_000;

type Description = ReturnType<typeof described>;

const subcommand = (name: string, description: Description, options: APIApplicationCommandBasicOption[] = []) =>
  ({
    type: ApplicationCommandOptionType.Subcommand,
    name,
    ...description,
    options,
  }) satisfies APIApplicationCommandSubcommandOption;

const userOption = (name: string, description: Description, required = false) =>
  ({ type: ApplicationCommandOptionType.User, name, ...description, required }) as const;

// Discord knows nothing of the moderator role: the server has to let it in, and `/settings` says where.
function definition(language: Language) {
  const say = (words: (command: Texts['audit']['command']) => string) =>
    described(language, (t) => words(t.audit.command));
  return {
    type: ApplicationCommandType.ChatInput,
    name: 'review',
    ...say((words) => words.description),
    contexts: [InteractionContextType.Guild],
    integration_types: [ApplicationIntegrationType.GuildInstall],
    default_member_permissions: String(PermissionFlagsBits.ManageMessages),
    options: [
      subcommand(
        'log',
        say((words) => words.log),
        [
          userOption(
            'member',
            say((words) => words.logMember),
          ),
          userOption(
            'moderator',
            say((words) => words.logModerator),
          ),
        ],
      ),
      subcommand(
        'export',
        say((words) => words.export),
        [
          {
            type: ApplicationCommandOptionType.String,
            name: 'format',
            ...say((words) => words.format),
            choices: [
              { name: 'CSV', value: 'csv' },
              { name: 'JSON Lines', value: 'jsonl' },
            ],
          },
          { type: ApplicationCommandOptionType.String, name: 'from', ...say((words) => words.from) },
          { type: ApplicationCommandOptionType.String, name: 'to', ...say((words) => words.to) },
        ],
      ),
      subcommand(
        'stats',
        say((words) => words.stats),
      ),
      subcommand(
        'queue',
        say((words) => words.queue),
      ),
      subcommand(
        'member',
        say((words) => words.member),
        [
          userOption(
            'member',
            say((words) => words.memberUser),
            true,
          ),
        ],
      ),
    ],
  } satisfies RESTPostAPIChatInputApplicationCommandsJSONBody;
}

/** Whom an entry is about, and who acted; empty for anybody. */
type Filters = { memberId: string; actorId: string };
/** Where a page of the log starts. */
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

export function createReviewCommand({ audit, moderation, settings, language, clock }: Bot): Command {
  /** Checks that this member moderates the server. @throws {UserError} */
  async function admit(interaction: BaseInteraction): Promise<Person> {
    const person = readPerson(interaction);
    const allowed = mayModerate(await settings.get(person.guildId), person);
    if (!allowed) throw new UserError((t) => t.moderation.mayNotModerate);
    return person;
  }

  async function logPage(guildId: string, filters: Filters, cursor: Cursor, t: Texts): Promise<Reply> {
    const { memberId, actorId } = filters;
    const filter = { memberId: memberId || undefined, actorId: actorId || undefined };
    // One more than fits, to see whether there is another page.
    const read = (from: Cursor) => audit.log.list(guildId, { ...filter, ...from, limit: linesPerPage + 1 });
    const found = await read(cursor);
    const upwards = cursor.after !== undefined;
    const more = found.length > linesPerPage;
    // Less than a page is newer, so show the newest page instead.
    if (upwards && !more) return logPage(guildId, filters, {}, t);
    const shown = upwards ? found.slice(-linesPerPage) : found.slice(0, linesPerPage);
    const newer = upwards || cursor.before !== undefined;
    const older = upwards || more;

    const lines = shown.length === 0 ? [t.audit.empty] : shown.map((entry) => logLine(entry, t));
    const id = (way: string, entry: { id: string } | undefined) =>
      buttonId(buttons.logPage, way, entry?.id ?? '', memberId, actorId);
    const turns = [
      { id: id('newest', undefined), label: t.audit.newest, off: !newer },
      { id: id('after', shown[0]), label: t.audit.newer, off: !newer },
      { id: id('before', shown.at(-1)), label: t.audit.older, off: !older },
    ];
    return {
      content: [t.audit.title(memberId, actorId), ...lines].join('\n'),
      components: newer || older ? row(turns) : [],
    };
  }

  async function exportFile(
    { options, attachmentSizeLimit }: ChatInputCommandInteraction,
    guildId: string,
    t: Texts,
  ): Promise<Reply> {
    const day = (name: string): number | undefined => {
      const text = options.getString(name);
      if (text === null) return undefined;
      const start = readDay(text);
      if (start === undefined) throw new UserError(({ audit }) => audit.export.date(name));
      return start;
    };
    const format = exportFormats.find((one) => one === options.getString('format')) ?? 'csv';
    const from = day('from') ?? 0;
    const to = (day('to') ?? Number.POSITIVE_INFINITY) + dayMs;
    const log = await Array.fromAsync(audit.log.all(guildId, from));
    const entries = log.filter(({ at }) => at >= from && at < to);
    if (entries.length === 0) throw new UserError(({ audit }) => audit.empty);
    const bytes = Buffer.from(exportAudit(entries, format));
    if (bytes.length > (attachmentSizeLimit || usualUploadLimit))
      throw new UserError(({ audit }) => audit.export.tooLarge);
    return {
      content: t.audit.export.done(entries.length),
      files: [{ attachment: bytes, name: `audit-log.${format}` }],
    };
  }

  async function stats(guildId: string, t: Texts): Promise<Reply> {
    const starts = lastWeeks(clock.now(), weeksShown);
    const edits = await audit.counts.edits(guildId, starts);
    const accounts = await Array.fromAsync(audit.log.accounts(guildId, starts[0] ?? clock.now()));
    const numbers = computeStats(
      accounts,
      starts.map((start, index) => ({ start, edits: edits[index] ?? 0 })),
    );
    const words = t.audit.stats;
    const picture = { attachment: await audit.drawChart(numbers.weeks, words.chart), name: 'moderation.png' };
    return {
      content: [words.title(weeksShown), ...words.lines(numbers)].join('\n'),
      files: [{ ...picture, description: words.chartAlt }],
    };
  }

  async function queue(guildId: string, t: Texts): Promise<Reply> {
    const cards = await moderation.decisions.queue(guildId);
    const words = t.moderation.queue;
    if (cards.length === 0) return { content: words.empty };
    let content = words.title(cards.length);
    for (const [index, card] of cards.entries()) {
      const line = `\n${words.line(card)}`;
      const rest = `\n${words.more(cards.length - index)}`;
      if (content.length + line.length + rest.length > messageLimit) return { content: content + rest };
      content += line;
    }
    return { content };
  }

  async function member(guildId: string, memberId: string, t: Texts): Promise<Reply> {
    const words = t.moderation.member;
    const timeOut = await moderation.members.current(guildId, memberId);
    const history = await moderation.members.history(guildId, memberId);
    const { flagged, approved, rejected, expired, takenDown, refusedPrompts, timeOuts } = history;
    const lines = [
      words.title(memberId),
      words.flagged(flagged, approved, rejected, expired),
      words.others(takenDown, refusedPrompts, timeOuts),
      timeOut ? words.timeOut(timeOut.until, timeOut.by, timeOut.at) : words.noTimeOut,
    ];
    return {
      content: lines.join('\n'),
      components: timeOut ? row([{ id: buttonId(buttons.liftTimeOut, memberId), label: words.lift }]) : [],
    };
  }

  async function answer(interaction: ChatInputCommandInteraction, guildId: string, t: Texts): Promise<Reply> {
    const { options } = interaction;
    switch (options.getSubcommand()) {
      case 'export':
        return exportFile(interaction, guildId, t);
      case 'stats':
        return stats(guildId, t);
      case 'queue':
        return queue(guildId, t);
      case 'member':
        return member(guildId, options.getUser('member', true).id, t);
      default: {
        const filters = {
          memberId: options.getUser('member')?.id ?? '',
          actorId: options.getUser('moderator')?.id ?? '',
        };
        return logPage(guildId, filters, {}, t);
      }
    }
  }

  return {
    kind: 'slash',
    data: definition(language),
    handler: {
      acknowledge: 'private',
      async execute(interaction, t) {
        const { guildId } = await admit(interaction);
        await interaction.editReply({ ...(await answer(interaction, guildId, t)), ...silent });
      },
    },
    buttons: {
      [buttons.logPage]: {
        acknowledge: 'update',
        async execute(interaction, t, [way = '', entryId = '', memberId = '', actorId = '']) {
          const { guildId } = await admit(interaction);
          const cursor = way === 'before' ? { before: entryId } : way === 'after' ? { after: entryId } : {};
          await interaction.editReply({ ...(await logPage(guildId, { memberId, actorId }, cursor, t)), ...silent });
        },
      },
      [buttons.liftTimeOut]: {
        acknowledge: 'update',
        async execute(interaction, t, [memberId = '']) {
          const { guildId, userId } = await admit(interaction);
          const lifted = await moderation.members.lift(guildId, memberId, userId);
          const { content, components = [] } = await member(guildId, memberId, t);
          const { lifted: done, notTimedOut } = t.moderation.member;
          await interaction.editReply({ content: `${content}\n${lifted ? done : notTimedOut}`, components, ...silent });
        },
      },
    },
  };
}
