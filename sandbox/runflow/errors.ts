// The API's error envelope: { code, message, errors } with a stable code.
import type { FastifyReply } from 'fastify';
import type { z } from 'zod';

export type FieldError = { field: string; message: string };

/** Thrown by handlers; sent as the envelope with this status. */
export class ApiError extends Error {
  readonly status: number;
  readonly code: string;
  readonly errors: FieldError[] | null;
  readonly headers: Record<string, string>;

  constructor(
    status: number,
    code: string,
    message: string,
    more: { errors?: FieldError[]; headers?: Record<string, string> } = {},
  ) {
    super(message);
    this.name = 'ApiError';
    this.status = status;
    this.code = code;
    this.errors = more.errors ?? null;
    this.headers = more.headers ?? {};
  }
}

/** The 422 for one field. */
export function invalidField(field: string, message: string): ApiError {
  return new ApiError(422, 'VALIDATION_ERROR', 'Validation failed', { errors: [{ field, message }] });
}

/** The 422 for zod's issues, with one entry per field, including each unknown field. */
export function invalid(error: z.ZodError): ApiError {
  const errors = error.issues.flatMap((issue): FieldError[] => {
    const path = issue.path.map(String);
    if (issue.code !== 'unrecognized_keys') return [{ field: path.join('.'), message: issue.message }];
    return issue.keys.map((key) => ({ field: [...path, key].join('.'), message: 'Unknown field' }));
  });
  return new ApiError(422, 'VALIDATION_ERROR', 'Validation failed', { errors });
}

/** The parsed value; throws a 422 if it is invalid. */
export function check<Schema extends z.ZodType>(schema: Schema, value: unknown): z.infer<Schema> {
  const result = schema.safeParse(value);
  if (!result.success) throw invalid(result.error);
  return result.data;
}

/** Sends the envelope. */
export function sendError(reply: FastifyReply, error: ApiError): FastifyReply {
  return reply
    .code(error.status)
    .headers(error.headers)
    .send({ code: error.code, message: error.message, errors: error.errors });
}
