// Logs JSON lines to standard output. Secrets are cut from the finished line, wherever they come from: Discord's REST
// errors have interaction tokens in their URLs, fetch errors have presigned query strings.
import { pino } from 'pino';

export type Log = Pick<pino.Logger, 'debug' | 'info' | 'warn' | 'error' | 'fatal'>;

/** Where a line goes; standard output by default. */
export type Lines = { write(line: string): void };

const hidden = '[hidden]';

const patterns: readonly [RegExp, string][] = [
  // Interaction and webhook tokens: /webhooks/{application}/{token}, /interactions/{id}/{token}
  [/(\/(?:webhooks|interactions)\/\d+\/)[^/?"\\\s]+/g, `$1${hidden}`],
  // The whole query of a URL: presigned outputs, signed Discord attachments. Bounded, so that no line takes long. The
  // link that invites the bot is public.
  [/(https?:\/\/(?!discord\.com\/oauth2\/authorize\?)[^\s"\\?]{1,2048}\?)[^\s"\\]+/g, `$1${hidden}`],
  [/(\b(?:Bearer|Bot) )[\w.~+/=-]{8,}/g, `$1${hidden}`],
  [/\bwhsec_[\w+/=-]+/g, hidden],
  // Inline pictures
  [/data:[\w/+.-]+(?:;[\w.=+-]+)*;base64,[\w+/=]+/g, `data:${hidden}`],
];

/** Shorter secrets would shred the lines (`"msg"` has an s), and nothing that short is a secret. */
const shortestSecret = 6;

/** Returns a function that cuts the given secrets, and anything shaped like one, from a text. */
export function createScrub(secrets: readonly string[]): (text: string) => string {
  const known = secrets
    .filter((secret) => secret.length >= shortestSecret)
    // One may be a part of another.
    .toSorted((one, other) => other.length - one.length)
    // As is, and escaped as in JSON.
    .flatMap((secret) => [JSON.stringify(secret).slice(1, -1), secret]);
  return (text) => {
    let clean = text;
    for (const secret of known) clean = clean.replaceAll(secret, hidden);
    for (const [pattern, replacement] of patterns) clean = clean.replace(pattern, replacement);
    return clean;
  };
}

/** @param secrets strings that must never appear in a line, such as the bot token */
export function createLog(level: string, secrets: readonly string[], lines?: Lines): pino.Logger {
  const options: pino.LoggerOptions = {
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
    serializers: { err: (error: unknown) => describeError(error) },
    redact: { paths: ['token', '*.token', 'authorization', '*.authorization', 'reply', '*.reply'], censor: hidden },
    hooks: { streamWrite: createScrub(secrets) },
  };
  return lines ? pino(options, lines) : pino(options);
}

/** Limits the chain of causes: deeper ones say nothing new, and an error can be its own cause. */
const mostCauses = 8;

/** An error without the bodies and headers that HTTP libraries attach. */
function describeError(error: unknown, depth = 0): unknown {
  if (!(error instanceof Error)) return error;
  const extra: Record<string, unknown> = {};
  for (const key of ['code', 'status', 'statusCode', 'method', 'url'] as const) {
    if (key in error) extra[key] = Reflect.get(error, key);
  }
  return {
    type: error.name,
    message: error.message,
    stack: error.stack,
    ...extra,
    ...(error.cause === undefined || depth === mostCauses ? {} : { cause: describeError(error.cause, depth + 1) }),
  };
}
