// /edit: a picture and a sentence, with every input of the model that a member may choose.
import {
  type APIApplicationCommandAttachmentOption,
  ApplicationCommandOptionType,
  ApplicationCommandType,
  ApplicationIntegrationType,
  type ChatInputCommandInteraction,
  InteractionContextType,
  type RESTPostAPIChatInputApplicationCommandsJSONBody,
} from 'discord.js';
import { type Model, namedSizes } from '../src/models/models.ts';
import { checkRequest, promptLimit, type Wish } from '../src/run/request.ts';
import { texts } from '../src/texts.ts';
import type { Bot, Command } from './command.ts';
import { readPicture, readPlace, startEdit } from './start-edit.ts';

const words = texts.commands.edit;

function pictureOption(name: string, description: string, required: boolean): APIApplicationCommandAttachmentOption {
  return { type: ApplicationCommandOptionType.Attachment, name, description, required, file_types: ['image'] };
}

function definition(model: Model) {
  const references = Array.from({ length: Math.min(model.references, 4) - 1 }, (_, index) =>
    pictureOption(`image${index + 2}`, words.reference(index + 2), false),
  );
  const [fewestSteps, mostSteps] = model.steps;
  return {
    type: ApplicationCommandType.ChatInput,
    name: 'edit',
    description: words.description,
    contexts: [InteractionContextType.Guild, InteractionContextType.BotDM],
    integration_types: [ApplicationIntegrationType.GuildInstall],
    options: [
      pictureOption('image', words.image, true),
      {
        type: ApplicationCommandOptionType.String,
        name: 'prompt',
        description: words.prompt,
        required: true,
        min_length: 1,
        max_length: promptLimit,
      },
      ...references,
      {
        type: ApplicationCommandOptionType.String,
        name: 'size',
        description: words.size,
        choices: namedSizes.map(({ value, label }) => ({ name: label, value })),
      },
      {
        type: ApplicationCommandOptionType.Integer,
        name: 'count',
        description: words.count,
        min_value: 1,
        max_value: model.outputs,
      },
      { type: ApplicationCommandOptionType.Integer, name: 'seed', description: words.seed },
      {
        type: ApplicationCommandOptionType.Integer,
        name: 'steps',
        description: words.steps,
        min_value: fewestSteps,
        max_value: mostSteps,
      },
      {
        type: ApplicationCommandOptionType.String,
        name: 'format',
        description: words.format,
        choices: [
          { name: 'PNG', value: 'png' },
          { name: 'JPEG', value: 'jpeg' },
          { name: 'WebP', value: 'webp' },
        ],
      },
      { type: ApplicationCommandOptionType.Boolean, name: 'safety', description: words.safety },
    ],
  } satisfies RESTPostAPIChatInputApplicationCommandsJSONBody;
}

function readWish({ options }: ChatInputCommandInteraction): Wish {
  const attachments = [
    options.getAttachment('image', true),
    ...['image2', 'image3', 'image4'].map((name) => options.getAttachment(name)),
  ];
  return {
    pictures: attachments.filter((attachment) => attachment !== null).map(readPicture),
    prompt: options.getString('prompt', true),
    seed: options.getInteger('seed') ?? undefined,
    steps: options.getInteger('steps') ?? undefined,
    size: options.getString('size') ?? undefined,
    count: options.getInteger('count') ?? undefined,
    format: options.getString('format') ?? undefined,
    safety: options.getBoolean('safety') ?? undefined,
  };
}

export function createEditCommand(bot: Bot): Command {
  return {
    kind: 'slash',
    data: definition(bot.model.limits),
    handler: {
      acknowledge: 'itself',
      async execute(interaction) {
        const place = readPlace(interaction);
        const input = checkRequest(readWish(interaction), place, bot.model.limits);
        await startEdit(interaction, input, place, bot);
      },
    },
  };
}
