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

/**
 * How a refusal is told: `documented`, `wrapped` in `error` as Runflow's SDK tolerates it, or with a list `detail`, as
 * validation failures can have it.
 */
export type ErrorForm = 'documented' | 'wrapped' | 'detail';

function formError({ code, message, errors }: ApiError, form: ErrorForm): Record<string, unknown> {
  if (form === 'wrapped') return { error: { code, message, ...(errors ? { errors } : {}) } };
  if (form === 'documented' || !errors) return { code, message, errors };
  const detail = errors.map((one) => ({
    type: 'value_error',
    loc: ['body', ...one.field.split('.')],
    msg: one.message,
  }));
  return { code, message, detail };
}

/** Sends the envelope. */
export function sendError(reply: FastifyReply, error: ApiError, form: ErrorForm = 'documented'): FastifyReply {
  return reply.code(error.status).headers(error.headers).send(formError(error, form));
}
