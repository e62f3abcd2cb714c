// Entry point of `notify/`: messages to people about an edit, public or private.
import type { Clock } from '../clock.ts';
import type { Messenger } from '../discord/messenger.ts';
import type { Log } from '../log.ts';
import type { Language } from '../settings/language.ts';
import { createSendDirect, type SendDirect } from './direct.ts';
import { createSendPrivately, type SendPrivately } from './private.ts';
import { createPublic, type Public } from './public.ts';

export type Notify = { public: Public; sendPrivately: SendPrivately; sendDirect: SendDirect };

export function createNotify(options: { messenger: Messenger; language: Language; clock: Clock; log: Log }): Notify {
  const sendDirect = createSendDirect(options);
  return {
    public: createPublic(options),
    sendPrivately: createSendPrivately({ ...options, sendDirect }),
    sendDirect,
  };
}
