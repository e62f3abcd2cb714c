// /edit: a picture and a prompt, with every model input that a member may choose.
import {
  type APIApplicationCommandAttachmentOption,
  ApplicationCommandOptionType,
  ApplicationCommandType,
  ApplicationIntegrationType,
  type ChatInputCommandInteraction,
  type RESTPostAPIChatInputApplicationCommandsJSONBody,
} from 'discord.js';
import { promptLimit } from '../src/models/model.ts';
import { longestRecipe, type Recipe } from '../src/recipe/recipe.ts';
import type { Texts } from '../src/texts/texts.ts';
import { type Bot, type Command, described, editContexts, named } from './command.ts';
import { type Draft, openComposer } from './composer.ts';
import { askOrStart } from './prompt-advice.ts';
import { checkContext, readPicture, readPlaceFor } from './start-edit.ts';

type Description = ReturnType<typeof described>;

function pictureOption(name: string, description: Description) {
  return {
    type: ApplicationCommandOptionType.Attachment,
    name,
    ...description,
    file_types: ['image'],
  } satisfies APIApplicationCommandAttachmentOption;
}

function definition(bot: Bot) {
  const { model } = bot.run;
  const { language } = bot;
  const say = (words: (command: Texts['run']['command']) => string) => described(language, (t) => words(t.run.command));
  const references = Array.from({ length: Math.min(model.references, 4) - 1 }, (_, index) =>
    pictureOption(
      `image${index + 2}`,
      say((words) => words.reference(index + 2)),
    ),
  );
  const [fewestSteps, mostSteps] = model.steps;
  return {
    type: ApplicationCommandType.ChatInput,
    name: 'edit',
    ...say((words) => words.description),
    contexts: editContexts(bot),
    integration_types: [ApplicationIntegrationType.GuildInstall],
    options: [
      pictureOption(
        'image',
        say((words) => words.image),
      ),
      {
        type: ApplicationCommandOptionType.String,
        name: 'prompt',
        ...say((words) => words.prompt),
        min_length: 1,
        max_length: promptLimit,
      },
      ...references,
      {
        type: ApplicationCommandOptionType.String,
        name: 'size',
        ...say((words) => words.size),
        choices: model.sizes.map((value) => ({ ...named(language, (t) => t.run.command.sizes[value]), value })),
      },
      {
        type: ApplicationCommandOptionType.Integer,
        name: 'count',
        ...say((words) => words.count),
        min_value: 1,
        max_value: model.outputs,
      },
      { type: ApplicationCommandOptionType.Integer, name: 'seed', ...say((words) => words.seed) },
      {
        type: ApplicationCommandOptionType.Integer,
        name: 'steps',
        ...say((words) => words.steps),
        min_value: fewestSteps,
        max_value: mostSteps,
      },
      {
        type: ApplicationCommandOptionType.String,
        name: 'format',
        ...say((words) => words.format),
        choices: [
          { name: 'PNG', value: 'png' },
          { name: 'JPEG', value: 'jpeg' },
          { name: 'WebP', value: 'webp' },
        ],
      },
      { type: ApplicationCommandOptionType.Boolean, name: 'safety', ...say((words) => words.safety) },
      { type: ApplicationCommandOptionType.Boolean, name: 'spoiler', ...say((words) => words.spoiler) },
      { type: ApplicationCommandOptionType.Boolean, name: 'private', ...say((words) => words.private) },
      {
        type: ApplicationCommandOptionType.String,
        name: 'recipe',
        ...say((words) => words.recipe),
        max_length: longestRecipe,
      },
    ],
  } satisfies RESTPostAPIChatInputApplicationCommandsJSONBody;
}

/** What is typed beside a recipe counts more than the recipe. `prompt`: undefined where neither has one. */
function readWish(
  { options }: ChatInputCommandInteraction,
  { run }: Pick<Bot, 'run'>,
): Draft & { prompt: string | undefined } {
  const code = options.getString('recipe');
  const recipe: Partial<Recipe> = code === null ? {} : run.readRecipe(code);
  const attachments = ['image', 'image2', 'image3', 'image4'].map((name) => options.getAttachment(name));
  return {
    pictures: attachments.filter((attachment) => attachment !== null).map(readPicture),
    prompt: options.getString('prompt') ?? recipe.prompt,
    seed: options.getInteger('seed') ?? recipe.seed,
    steps: options.getInteger('steps') ?? recipe.steps,
    size: options.getString('size') ?? recipe.size,
    count: options.getInteger('count') ?? undefined,
    format: options.getString('format') ?? recipe.format,
    safety: options.getBoolean('safety') ?? undefined,
    cover: options.getBoolean('spoiler') ?? undefined,
    private: options.getBoolean('private') ?? undefined,
  };
}

export function createEditCommand(bot: Bot): Command {
  return {
    kind: 'slash',
    data: definition(bot),
    handler: {
      acknowledge: 'itself',
      async execute(interaction, t) {
        checkContext(interaction, bot);
        const began = bot.clock.elapsed();
        const { prompt, ...draft } = readWish(interaction, bot);
        const place = await readPlaceFor(draft.safety, interaction, bot);
        if (prompt === undefined || draft.pictures.length === 0) {
          return openComposer(interaction, { draft, prompt }, place, bot, t);
        }
        const wish = { ...draft, prompt };
        await askOrStart(interaction, bot.run.check(wish, place), place, bot, began);
      },
    },
  };
}
