// The callback secrets and their routes. During rotation two secrets are valid; the first signs.
import { randomBytes, randomUUID } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { recorded } from '../server.ts';
import { ApiError, check } from './errors.ts';

export type CallbackSecrets = {
  /** The valid secrets, the signing one first. */
  all(): string[];
  set(secrets: readonly string[]): void;
};

type Secret = { id: string; label: string; secret: string; created_at: string };

const body = z.strictObject({ label: z.string().min(1).max(100) });
const maxSecrets = 2;

export function createCallbackSecrets(app: FastifyInstance, initial: readonly string[]): CallbackSecrets {
  let secrets: Secret[] = [];

  function create(label: string, secret: string): Secret {
    return { id: randomUUID(), label, secret, created_at: new Date().toISOString() };
  }

  function set(values: readonly string[]): void {
    secrets = values.map((value, index) => create(`secret ${index + 1}`, value));
  }
  set(initial);

  app.get('/v1/callback-secrets', async () => ({
    items: secrets.map(({ id, label, created_at }) => ({ id, label, created_at })),
  }));

  app.post('/v1/callback-secrets', async (request, reply) => {
    const { label } = check(body, recorded(request).json);
    if (secrets.length >= maxSecrets) throw new ApiError(409, 'CONFLICT', 'Two secrets are in force already');
    const added = create(label, `whsec_${randomBytes(24).toString('base64url')}`);
    secrets.push(added);
    const { id, secret, created_at } = added;
    return reply.code(201).send({ id, label, created_at, plain_secret: secret });
  });

  app.delete<{ Params: { id: string } }>('/v1/callback-secrets/:id', async (request, reply) => {
    const left = secrets.filter(({ id }) => id !== request.params.id);
    if (left.length === secrets.length) throw new ApiError(404, 'CALLBACK_SECRET_NOT_FOUND', 'No such secret');
    secrets = left;
    return reply.code(204).send();
  });

  return { all: () => secrets.map(({ secret }) => secret), set };
}
