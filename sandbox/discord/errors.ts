// Discord's documented errors: HTTP status, JSON code, and the nested shape of form errors.
import type { FaultEffect } from '../server.ts';

export class ApiError extends Error {
  readonly status: number;
  readonly code: number;
  readonly errors: FormErrors | undefined;

  constructor(status: number, code: number, message: string, errors?: FormErrors) {
    super(message);
    this.status = status;
    this.code = code;
    this.errors = errors;
  }
}

/** `{ field: { 0: { _errors: [{ code, message }] } } }` */
export type FormErrors = { [key: string]: FormErrors | { code: string; message: string }[] };

export type FormProblem = { path: PropertyKey[]; code: string; message: string };

/** 400 with code 50035: the problems, nested by path. */
export function invalidForm(problems: FormProblem[]): ApiError {
  const errors: FormErrors = {};
  for (const { path, code, message } of problems) {
    let at = errors;
    for (const key of path.map(String)) {
      const inner = at[key];
      if (inner !== undefined && !Array.isArray(inner)) at = inner;
      else {
        const made: FormErrors = {};
        at[key] = made;
        at = made;
      }
    }
    const listed = at._errors;
    if (Array.isArray(listed)) listed.push({ code, message });
    else at._errors = [{ code, message }];
  }
  return new ApiError(400, 50035, 'Invalid Form Body', errors);
}

export const unauthorized = () => new ApiError(401, 0, '401: Unauthorized');
export const notFound = () => new ApiError(404, 0, '404: Not Found');
export const methodNotAllowed = () => new ApiError(405, 0, '405: Method Not Allowed');
export const unknownChannel = () => new ApiError(404, 10003, 'Unknown Channel');
export const unknownGuild = () => new ApiError(404, 10004, 'Unknown Guild');
export const unknownMember = () => new ApiError(404, 10007, 'Unknown Member');
export const unknownMessage = () => new ApiError(404, 10008, 'Unknown Message');
export const unknownUser = () => new ApiError(404, 10013, 'Unknown User');
export const unknownWebhook = () => new ApiError(404, 10015, 'Unknown Webhook');
export const unknownInteraction = () => new ApiError(404, 10062, 'Unknown interaction');
export const unknownCommand = () => new ApiError(404, 10063, 'Unknown application command');
export const notYourApplication = () =>
  new ApiError(403, 20012, 'You are not authorized to perform this action on this application');
export const tooManyAttachments = () =>
  new ApiError(400, 30015, 'Maximum number of attachments in a message reached (10)');
export const tooLarge = () => new ApiError(413, 40005, 'Request entity too large');
export const alreadyAcknowledged = () => new ApiError(400, 40060, 'Interaction has already been acknowledged.');
export const missingAccess = () => new ApiError(403, 50001, 'Missing Access');
export const dmRefused = () => new ApiError(403, 50003, 'Cannot execute action on a DM channel');
export const notYours = () => new ApiError(403, 50005, 'Cannot edit a message authored by another user');
export const emptyMessage = () => new ApiError(400, 50006, 'Cannot send an empty message');
export const dmsClosed = () => new ApiError(403, 50007, 'Cannot send messages to this user');
export const missingPermissions = () => new ApiError(403, 50013, 'Missing Permissions');
export const invalidToken = () => new ApiError(401, 50027, 'Invalid Webhook Token');
export const noHistoryForReply = () =>
  new ApiError(400, 160002, 'Cannot reply without permission to read message history');

/** For `fault()`: Discord's 429 when a bucket, or the whole bot (`global`), hits its rate limit. */
export function rateLimited(
  retryAfterSeconds: number,
  options: { global?: boolean } = {},
): Extract<FaultEffect, { kind: 'answer' }> {
  const global = options.global ?? false;
  const reset = {
    'x-ratelimit-limit': '5',
    'x-ratelimit-remaining': '0',
    'x-ratelimit-reset': (Date.now() / 1000 + retryAfterSeconds).toFixed(3),
    'x-ratelimit-reset-after': retryAfterSeconds.toFixed(3),
    'x-ratelimit-bucket': 'sandbox-exhausted',
  };
  return {
    kind: 'answer',
    status: 429,
    // Discord rounds the header up to whole seconds; the body is exact.
    headers: {
      'retry-after': String(Math.ceil(retryAfterSeconds)),
      via: '1.1 google',
      ...(global
        ? { 'x-ratelimit-global': 'true', 'x-ratelimit-scope': 'global' }
        : { ...reset, 'x-ratelimit-scope': 'user' }),
    },
    body: { message: 'You are being rate limited.', retry_after: retryAfterSeconds, global },
  };
}
