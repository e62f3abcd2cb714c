// Asks about a prompt that looks like a slip, privately and before anything is paid for. It never refuses: one press starts the
// edit as it was written, another as it would be with what is plain put right.
import { type ButtonInteraction, ButtonStyle, ComponentType, MessageFlags } from 'discord.js';
import { buttonId, buttons } from '../src/buttons.ts';
import { UserError } from '../src/errors.ts';
import type { Texts } from '../src/texts/texts.ts';
import type { Bot, Command, Handler } from './command.ts';
import { checkContext, readPlaceFor, startEdit } from './start-edit.ts';

type Advice = ReturnType<Bot['run']['advise']>['advice'][number];
type Start = Parameters<typeof startEdit>;

function say(advice: Advice, t: Texts): string {
  const words = t.run.advice;
  switch (advice.kind) {
    case 'missing-picture':
      return words['missing-picture'](advice.position, advice.given);
    case 'unnamed-pictures':
      return words['unnamed-pictures'](advice.given);
    case 'negation':
      return words.negation(advice.words);
    case 'no-colour':
    case 'lone-colour':
      return words[advice.kind](advice.colour);
  }
}

/** More would bury the question. */
const mostAdvice = 3;

/** Starts an edit, or first asks about its prompt. Its arguments are those of `startEdit`. */
export async function askOrStart(...[interaction, request, place, bot, began]: Start): Promise<void> {
  const { advice, corrected } = bot.run.advise(request);
  if (advice.length === 0) return startEdit(interaction, request, place, bot, began);
  await bot.run.drafts.saveRequest(interaction.id, request);
  const t = bot.language.of(interaction.locale);
  const words = t.run.advice;
  const lines = advice.slice(0, mostAdvice).map((one) => `- ${say(one, t)}`);
  const button = (
    name: 'corrected' | 'asWritten',
    label: string,
    style: ButtonStyle.Primary | ButtonStyle.Secondary,
  ) => ({
    type: ComponentType.Button as const,
    style,
    label,
    customId: buttonId(buttons[name], interaction.id),
  });
  const asWritten = button('asWritten', words.asWritten, ButtonStyle.Secondary);
  await interaction.reply({
    content: [words.before, ...lines, ...(corrected === undefined ? [] : [words.corrected(corrected)])].join('\n'),
    components: [
      {
        type: ComponentType.ActionRow,
        components:
          corrected === undefined
            ? [asWritten]
            : [button('corrected', words.useCorrected, ButtonStyle.Primary), asWritten],
      },
    ],
    flags: MessageFlags.Ephemeral,
    allowedMentions: { parse: [] },
  });
}

export function createPromptAdvice(bot: Bot): Command {
  function start(correct: boolean): Handler<ButtonInteraction> {
    return {
      acknowledge: 'itself',
      async execute(interaction, _t, [draftId = '']) {
        const began = bot.clock.elapsed();
        checkContext(interaction, bot);
        const started = await bot.run.drafts.startRequest(draftId, async (request) => {
          const place = await readPlaceFor(request.input.enable_safety_checker, interaction, bot);
          bot.run.checkPlace(place);
          const { corrected = request.input.prompt } = correct ? bot.run.advise(request) : {};
          await startEdit(
            interaction,
            { ...request, input: { ...request.input, prompt: corrected } },
            place,
            bot,
            began,
          );
        });
        if (!started) throw new UserError((t) => t.run.advice.gone);
      },
    };
  }

  return {
    kind: 'components',
    buttons: { [buttons.asWritten]: start(false), [buttons.corrected]: start(true) },
  };
}
