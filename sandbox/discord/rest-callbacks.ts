// POST /interactions/{id}/{token}/callback: the bot's first response to an interaction, on time and only once.
import { z } from 'zod';
import type { ModalData } from './bodies.ts';
import { modalProblems } from './components.ts';
import { alreadyAcknowledged, invalidForm, unknownInteraction } from './errors.ts';
import type { InteractionRecord, Interactions } from './interactions.ts';
import { FLAG } from './message-rules.ts';
import { messageJson } from './message-wire.ts';
import type { Message, Messages } from './messages.ts';
import type { Call, Rest } from './rest.ts';
import { choicesCallback, modalCallback, replyCallback, updateCallback } from './schema.ts';
import type { World } from './world.ts';

const CALLBACK = { pong: 1, reply: 4, defer: 5, deferUpdate: 6, update: 7, choices: 8, modal: 9 } as const;
const anyCallback = z.object({ type: z.int() });

type CallbackResult = { ephemeral: boolean; message?: Message | undefined; modal?: ModalData };

/** Adds the callback route. */
export function addCallbackRoute(
  rest: Rest,
  world: World,
  messages: Messages,
  interactions: Interactions,
  options: { acknowledgeMs: number; violate(rule: string, detail: string): void },
): void {
  function wrongType(): Error {
    const message = 'This type of callback does not fit the interaction';
    return invalidForm([{ path: ['type'], code: 'INTERACTION_CALLBACK_TYPE_INVALID', message }]);
  }

  /** Applies the callback. The caller acknowledges only afterwards, because a rejected callback may be sent again. */
  function applyCallback(record: InteractionRecord, type: number, call: Call): CallbackResult {
    const origin = interactions.origin(record);
    switch (type) {
      case CALLBACK.reply: {
        const data = replyCallback(call.json).data ?? {};
        const message = messages.create(record.channel, data, call.files, origin);
        return { ephemeral: message.ephemeralFor !== undefined, message };
      }
      case CALLBACK.defer: {
        const flags = replyCallback(call.json).data?.flags ?? 0;
        const ephemeral = (flags & FLAG.ephemeral) !== 0;
        return { ephemeral, message: messages.defer(record.channel, ephemeral, origin) };
      }
      case CALLBACK.deferUpdate:
      case CALLBACK.update: {
        const data = updateCallback(call.json).data ?? {};
        if (!record.source) throw wrongType();
        const source = record.source.deletedAt === undefined ? record.source : undefined;
        const message = type === CALLBACK.update && source ? messages.edit(source, data, call.files, origin) : source;
        return { ephemeral: record.source.ephemeralFor !== undefined, message };
      }
      case CALLBACK.modal: {
        const { data } = modalCallback(call.json);
        if (record.type === 5 || !data) throw wrongType();
        const problems = modalProblems(data.components);
        if (problems.length > 0) throw invalidForm(problems);
        return { ephemeral: false, modal: data };
      }
      case CALLBACK.choices:
        choicesCallback(call.json);
        throw wrongType();
      default:
        throw wrongType();
    }
  }

  rest.route(
    'POST',
    '/interactions/:id/:token/callback',
    (call) => {
      const record = interactions.byId(call.params.id ?? '');
      if (!record || record.token !== call.params.token) throw unknownInteraction();
      if (record.acknowledgement) {
        options.violate('acknowledged-twice', `interaction ${record.id}`);
        throw alreadyAcknowledged();
      }
      if (Date.now() > record.createdAt + options.acknowledgeMs) {
        options.violate('acknowledged-late', `interaction ${record.id}`);
        throw unknownInteraction();
      }
      const asked = anyCallback.safeParse(call.json);
      if (!asked.success) {
        throw invalidForm([{ path: ['type'], code: 'BASE_TYPE_REQUIRED', message: 'This field is required' }]);
      }
      const { type } = asked.data;
      const { ephemeral, message, modal } = applyCallback(record, type, call);
      record.original = message;
      record.modal = modal;
      interactions.acknowledge(record, type, ephemeral);
      if (call.query.with_response !== 'true') return { status: 204 };
      return {
        body: {
          interaction: {
            id: record.id,
            type: record.type,
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
