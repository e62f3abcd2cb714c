// Entry point of `notify/`: messages to people about an edit, public or private.
import type { Clock } from '../clock.ts';
import type { Messenger } from '../discord/messenger.ts';
import type { Log } from '../log.ts';
import type { Language } from '../settings/language.ts';
import type { SettingsStore } from '../settings/settings.ts';
import type { Store } from '../store/store.ts';
import { createSendDirect, type SendDirect } from './direct.ts';
import { createNotes, type Notes } from './notes.ts';
import { createTellOperator, type TellOperator } from './operator.ts';
import { createRewritePrivate, createSendPrivately, type SendPrivately } from './private.ts';
import { createPublic, type Public } from './public.ts';

export type Notify = {
  public: Public;
  sendPrivately: SendPrivately;
  notes: Notes;
  sendDirect: SendDirect;
  tellOperator: TellOperator;
};

export function createNotify(options: {
  messenger: Messenger;
  alertWebhookUrl: string | undefined;
  store: Store;
  settings: Pick<SettingsStore, 'get'>;
  language: Language;
  clock: Clock;
  log: Log;
}): Notify {
  const sendDirect = createSendDirect(options);
  const sendPrivately = createSendPrivately({ ...options, sendDirect });
  return {
    public: createPublic(options),
    sendPrivately,
    notes: createNotes({ ...options, sendPrivately, rewritePrivate: createRewritePrivate(options) }),
    sendDirect,
    tellOperator: createTellOperator(options),
  };
}
