// The list of commands: a command that is not here does not exist.
import type { RESTPostAPIApplicationCommandsJSONBody } from 'discord.js';
import { createBlur } from './blur.ts';
import { createChange } from './change.ts';
import type { Bot, Command } from './command.ts';
import { createComposer } from './composer.ts';
import { createEditCommand } from './edit.ts';
import { createEditImageCommand } from './edit-image.ts';
import { createFurther } from './further.ts';
import { createMore } from './more.ts';
import { createPromptAdvice } from './prompt-advice.ts';
import { createResultButtons } from './result-buttons.ts';
import { createReviewCommand } from './review.ts';
import { createReviewCard } from './review-card.ts';
import { createSettingsCommand } from './settings.ts';
import { createShare } from './share.ts';
import { createUsageCommand } from './usage.ts';

export function createCommands(bot: Bot): readonly Command[] {
  return [
    createEditCommand(bot),
    createComposer(bot),
    createEditImageCommand(bot),
    createPromptAdvice(bot),
    createFurther(bot),
    createChange(bot),
    createResultButtons(bot),
    createMore(bot),
    createShare(bot),
    createReviewCard(bot),
    createBlur(bot),
    createReviewCommand(bot),
    createSettingsCommand(bot),
    createUsageCommand(bot),
  ];
}

/** The commands to register with Discord. */
export function registrations(commands: readonly Command[]): RESTPostAPIApplicationCommandsJSONBody[] {
  return commands.flatMap((command) => (command.kind === 'components' ? [] : [command.data]));
}
