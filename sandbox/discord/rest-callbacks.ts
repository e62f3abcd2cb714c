// POST /interactions/{id}/{token}/callback: the bot's first answer to an interaction, in time and only once.
import { z } from 'zod';
import type { ModalData } from './bodies.ts';
import { modalProblems } from './components.ts';
import { alreadyAcknowledged, invalidForm, unknownInteraction } from './errors.ts';
import type { Interactions, Ticket } from './interactions.ts';
import { FLAG } from './message-rules.ts';
import { messageJson } from './message-wire.ts';
import type { Message, Messages } from './messages.ts';
import type { Call, Rest } from './rest.ts';
import { choicesCallback, modalCallback, replyCallback, updateCallback } from './schema.ts';
import type { World } from './world.ts';

const CALLBACK = { pong: 1, reply: 4, defer: 5, deferUpdate: 6, update: 7, choices: 8, modal: 9 } as const;
const anyCallback = z.object({ type: z.int() });

type Done = { ephemeral: boolean; message?: Message | undefined; modal?: ModalData };

/** Adds the callback route. */
export function addCallbackRoute(
  rest: Rest,
  world: World,
  messages: Messages,
  interactions: Interactions,
  options: { acknowledgeMs: number; violate(rule: string, detail: string): void },
): void {
  function unfit(): Error {
    const message = 'This type of callback does not fit the interaction';
    return invalidForm([{ path: ['type'], code: 'INTERACTION_CALLBACK_TYPE_INVALID', message }]);
  }

  /** Does what the callback says; the ticket is only marked afterwards, since a refused callback may be sent again. */
  function perform(ticket: Ticket, type: number, call: Call): Done {
    const origin = interactions.origin(ticket);
    switch (type) {
      case CALLBACK.reply: {
        const data = replyCallback(call.json).data ?? {};
        const message = messages.create(ticket.channel, data, call.files, origin);
        return { ephemeral: message.ephemeralFor !== undefined, message };
      }
      case CALLBACK.defer: {
        const flags = replyCallback(call.json).data?.flags ?? 0;
        const ephemeral = (flags & FLAG.ephemeral) !== 0;
        return { ephemeral, message: messages.defer(ticket.channel, ephemeral, origin) };
      }
      case CALLBACK.deferUpdate:
      case CALLBACK.update: {
        const data = updateCallback(call.json).data ?? {};
        if (!ticket.source) throw unfit();
        const source = ticket.source.deletedAt === undefined ? ticket.source : undefined;
        const message = type === CALLBACK.update && source ? messages.edit(source, data, call.files, origin) : source;
        return { ephemeral: ticket.source.ephemeralFor !== undefined, message };
      }
      case CALLBACK.modal: {
        const { data } = modalCallback(call.json);
        if (ticket.type === 5 || !data) throw unfit();
        const problems = modalProblems(data.components);
        if (problems.length > 0) throw invalidForm(problems);
        return { ephemeral: false, modal: data };
      }
      case CALLBACK.choices:
        choicesCallback(call.json);
        throw unfit();
      default:
        throw unfit();
    }
  }

  rest.route(
    'POST',
    '/interactions/:id/:token/callback',
    (call) => {
      const ticket = interactions.byId(call.params.id ?? '');
      if (!ticket || ticket.token !== call.params.token) throw unknownInteraction();
      if (ticket.acknowledgement) {
        options.violate('acknowledged-twice', `interaction ${ticket.id}`);
        throw alreadyAcknowledged();
      }
      if (Date.now() > ticket.createdAt + options.acknowledgeMs) {
        options.violate('acknowledged-late', `interaction ${ticket.id}`);
        throw unknownInteraction();
      }
      const asked = anyCallback.safeParse(call.json);
      if (!asked.success) {
        throw invalidForm([{ path: ['type'], code: 'BASE_TYPE_REQUIRED', message: 'This field is required' }]);
      }
      const { type } = asked.data;
      const { ephemeral, message, modal } = perform(ticket, type, call);
      ticket.original = message;
      ticket.modal = modal;
      interactions.acknowledge(ticket, type, ephemeral);
      if (call.query.with_response !== 'true') return { status: 204 };
      return {
        body: {
          interaction: {
            id: ticket.id,
            type: ticket.type,
            ...(message
              ? {
                  response_message_id: message.id,
                  response_message_loading: message.loading,
                  response_message_ephemeral: message.ephemeralFor !== undefined,
                }
              : {}),
          },
          resource: { type, ...(message ? { message: messageJson(world, message) } : {}) },
        },
      };
    },
    { token: false },
  );
}
