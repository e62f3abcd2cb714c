// /webhooks/{application}/{token}: all responses to an interaction after the first, while its token is valid.
import { invalidToken, unknownMessage, unknownWebhook } from './errors.ts';
import type { InteractionRecord, Interactions } from './interactions.ts';
import { messageJson } from './message-wire.ts';
import type { Message, Messages } from './messages.ts';
import type { Call, Rest } from './rest.ts';
import { followUpCreate, followUpEdit } from './schema.ts';
import type { World } from './world.ts';

/** Adds the follow-up and `@original` routes. */
export function addWebhookRoutes(
  rest: Rest,
  world: World,
  messages: Messages,
  interactions: Interactions,
  options: { tokenMs: number },
): void {
  function findRecord(call: Call): InteractionRecord {
    const record = interactions.byToken(call.params.token ?? '');
    if (!record || call.params.application !== world.application.id) throw unknownWebhook();
    if (record.expired || Date.now() > record.createdAt + options.tokenMs) throw invalidToken();
    // The webhook exists only after the acknowledgement.
    if (!record.acknowledgement) throw unknownWebhook();
    return record;
  }

  function findMessage(record: InteractionRecord, call: Call): Message {
    const { message } = call.params;
    const known = [record.original, record.source, ...record.followups];
    const found = message === '@original' ? record.original : known.find((one) => one?.id === message);
    if (!found || found.deletedAt !== undefined) throw unknownMessage();
    return found;
  }

  const path = '/webhooks/:application/:token';
  const noToken = { token: false };

  rest.route(
    'POST',
    path,
    (call) => {
      const record = findRecord(call);
      const body = followUpCreate(call.json ?? {});
      const origin = interactions.origin(record);
      // The first follow-up to a deferred reply replaces its "thinking…" and keeps its visibility.
      if (record.original?.loading && record.original.deletedAt === undefined) {
        return { body: messageJson(world, messages.edit(record.original, body, call.files, origin)) };
      }
      const message = messages.create(record.channel, body, call.files, origin);
      record.followups.push(message);
      return { body: messageJson(world, message) };
    },
    noToken,
  );
  rest.route(
    'GET',
    `${path}/messages/:message`,
    (call) => ({ body: messageJson(world, findMessage(findRecord(call), call)) }),
    noToken,
  );
  rest.route(
    'PATCH',
    `${path}/messages/:message`,
    (call) => {
      const record = findRecord(call);
      const message = findMessage(record, call);
      const body = followUpEdit(call.json ?? {});
      return { body: messageJson(world, messages.edit(message, body, call.files, interactions.origin(record))) };
    },
    noToken,
  );
  rest.route(
    'DELETE',
    `${path}/messages/:message`,
    (call) => {
      messages.remove(findMessage(findRecord(call), call));
      return { status: 204 };
    },
    noToken,
  );
}
