// Tells the operator of what only they can mend, at most once an hour for each cause: at ALERT_WEBHOOK_URL, or else the
// application's owner by direct message; of a team its owner, or whichever member can be reached.
import type { Clock } from '../clock.ts';
import type { Messenger } from '../discord/messenger.ts';
import { DiscordTrouble, isRefusal, StoreError } from '../errors.ts';
import type { Log } from '../log.ts';
import type { Language } from '../settings/language.ts';
import { exclusively } from '../store/exclusive.ts';
import type { Store } from '../store/store.ts';
import type { Texts } from '../texts/texts.ts';

/**
 * @param cause a short word; its like is not told again for an hour
 * @returns whether a message has really left within the last hour, so that "the operator has been told" is true
 */
export type TellOperator = (cause: string, write: (t: Texts) => string) => Promise<boolean>;

const hourMs = 3_600_000;
/** A webhook that does not answer by then counts as not reached: members wait for the answer. */
const webhookMs = 3_000;
/** After a vain attempt, the next one comes this much later. */
const restMs = 60_000;

export function createTellOperator(options: {
  messenger: Pick<Messenger, 'operators' | 'sendDirect'>;
  alertWebhookUrl: string | undefined;
  store: Store;
  language: Language;
  clock: Clock;
  log: Log;
}): TellOperator {
  const { messenger, alertWebhookUrl, store, clock, log } = options;
  const told = store.space<number>('operator-told');
  const underWay = new Map<string, Promise<boolean>>();
  const restUntil = new Map<string, number>();

  async function sendWebhook(text: string): Promise<boolean> {
    if (alertWebhookUrl === undefined) return false;
    try {
      // Discord reads `content`, Slack and those that follow it read `text`.
      const { ok, status, body } = await fetch(alertWebhookUrl, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ content: text, text, allowed_mentions: { parse: [] } }),
        signal: AbortSignal.timeout(webhookMs),
      });
      await body?.cancel();
      if (ok) return true;
      log.error({ status }, 'ALERT_WEBHOOK_URL does not take what the operator should be told');
    } catch (err) {
      log.error({ err }, 'ALERT_WEBHOOK_URL cannot be reached');
    }
    return false;
  }

  async function sendDirect(cause: string, text: string): Promise<boolean> {
    try {
      for (const id of await messenger.operators()) {
        try {
          await messenger.sendDirect(id, `op-${cause}-${Math.floor(clock.now() / restMs) % 1e6}`, { text });
          return true;
        } catch (err) {
          if (!isRefusal(err)) throw err;
          log.debug({ err }, 'an operator takes no direct messages');
        }
      }
      log.error({ cause }, 'the operator cannot be told: set ALERT_WEBHOOK_URL, or share a server with the bot');
    } catch (err) {
      if (!(err instanceof DiscordTrouble)) throw err;
      log.warn({ err, cause }, 'the operator could not be told yet');
    }
    return false;
  }

  async function tell(cause: string, write: (t: Texts) => string): Promise<boolean> {
    if (clock.now() < (restUntil.get(cause) ?? 0)) return false;
    const isKnown = async () => {
      const at = await told.get(cause);
      return at !== undefined && at <= clock.now() && clock.now() - at < hourMs;
    };
    if (await isKnown()) return true;
    try {
      return await exclusively(store, clock, `operator-told:${cause}`, async () => {
        if (await isKnown()) return true;
        const text = write(options.language.of(undefined));
        const sent = (await sendWebhook(text)) || (await sendDirect(cause, text));
        if (sent) await told.set(cause, clock.now(), hourMs);
        else restUntil.set(cause, clock.now() + restMs);
        return sent;
      });
    } catch (err) {
      // Another process is at it.
      if (!(err instanceof StoreError)) throw err;
      return false;
    }
  }

  return (cause, write) => {
    const before = underWay.get(cause);
    if (before) return before;
    const telling = tell(cause, write).finally(() => underWay.delete(cause));
    underWay.set(cause, telling);
    return telling;
  };
}
