// All English texts. Every other language has to provide the same ones.
import { audit } from './audit.ts';
import { general } from './general.ts';
import { limits } from './limits.ts';
import { moderation } from './moderation.ts';
import { queue } from './queue.ts';
import { result } from './result.ts';
import { run } from './run.ts';
import { settings } from './settings.ts';

export const en = { general, run, result, moderation, queue, settings, limits, audit };
