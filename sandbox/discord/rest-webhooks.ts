// /webhooks/{application}/{token}: everything after the first answer to an interaction, for as long as its token lives.
import { invalidToken, unknownMessage, unknownWebhook } from './errors.ts';
import type { Interactions, Ticket } from './interactions.ts';
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
  function open(call: Call): Ticket {
    const ticket = interactions.byToken(call.params.token ?? '');
    if (!ticket || call.params.application !== world.application.id) throw unknownWebhook();
    if (ticket.expired || Date.now() > ticket.createdAt + options.tokenMs) throw invalidToken();
    // The webhook comes into being with the acknowledgement.
    if (!ticket.acknowledgement) throw unknownWebhook();
    return ticket;
  }

  function named(ticket: Ticket, call: Call): Message {
    const { message } = call.params;
    const known = [ticket.original, ticket.source, ...ticket.followups];
    const found = message === '@original' ? ticket.original : known.find((one) => one?.id === message);
    if (!found || found.deletedAt !== undefined) throw unknownMessage();
    return found;
  }

  const path = '/webhooks/:application/:token';
  const secret = { token: false };

  rest.route(
    'POST',
    path,
    (call) => {
      const ticket = open(call);
      const body = followUpCreate(call.json ?? {});
      const origin = interactions.origin(ticket);
      // The first follow-up to a deferred answer takes the place of its "thinking…" and of its visibility.
      if (ticket.original?.loading && ticket.original.deletedAt === undefined) {
        return { body: messageJson(world, messages.edit(ticket.original, body, call.files, origin)) };
      }
      const message = messages.create(ticket.channel, body, call.files, origin);
      ticket.followups.push(message);
      return { body: messageJson(world, message) };
    },
    secret,
  );
  rest.route(
    'GET',
    `${path}/messages/:message`,
    (call) => ({ body: messageJson(world, named(open(call), call)) }),
    secret,
  );
  rest.route(
    'PATCH',
    `${path}/messages/:message`,
    (call) => {
      const ticket = open(call);
      const message = named(ticket, call);
      const body = followUpEdit(call.json ?? {});
      return { body: messageJson(world, messages.edit(message, body, call.files, interactions.origin(ticket))) };
    },
    secret,
  );
  rest.route(
    'DELETE',
    `${path}/messages/:message`,
    (call) => {
      messages.remove(named(open(call), call));
      return { status: 204 };
    },
    secret,
  );
}
