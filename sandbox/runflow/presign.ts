// Presigned URLs like an object store's: they need no key, contain their expiry, and fail with 403 and XML.
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { FastifyReply } from 'fastify';

export type Presigner = {
  /** The path with a query that is valid for `lifeMs` (negative: already expired). */
  sign(path: string, lifeMs: number): string;
  /** Checks a URL; issues up to number `revoked` count as expired. */
  check(url: string, revoked?: number): 'valid' | 'expired' | 'forged';
  /** The number of the latest issued URL. */
  issued(): number;
};

export function createPresigner(): Presigner {
  const key = randomBytes(32);
  let issued = 0;

  function signature(path: string, expires: string, issue: string): string {
    return createHmac('sha256', key).update(`${path}\n${expires}\n${issue}`).digest('hex');
  }

  return {
    sign(path, lifeMs) {
      issued += 1;
      const [expires, issue] = [String(Date.now() + lifeMs), String(issued)];
      return `${path}?expires=${expires}&issue=${issue}&signature=${signature(path, expires, issue)}`;
    },
    check(url, revoked = 0) {
      const { pathname, searchParams } = new URL(url, 'http://127.0.0.1');
      const expires = searchParams.get('expires') ?? '';
      const issue = searchParams.get('issue') ?? '';
      const given = Buffer.from(searchParams.get('signature') ?? '');
      const wanted = Buffer.from(signature(pathname, expires, issue));
      if (given.length !== wanted.length || !timingSafeEqual(given, wanted)) return 'forged';
      return Date.now() >= Number(expires) || Number(issue) <= revoked ? 'expired' : 'valid';
    },
    issued: () => issued,
  };
}

/** Sends an object store's error: XML, not the API's envelope. */
export function sendXmlError(reply: FastifyReply, status: number, code: string, message: string): FastifyReply {
  const xml = `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>${message}</Message></Error>`;
  return reply.code(status).type('application/xml').send(xml);
}

/** Sends the error for an invalid presigned URL; undefined if the request is valid. */
export function refusePresigned(
  reply: FastifyReply,
  verdict: 'valid' | 'expired' | 'forged',
  authorization: string | undefined,
): FastifyReply | undefined {
  // A presigned URL is itself authentication; object stores reject a second one.
  if (authorization !== undefined) {
    return sendXmlError(reply, 400, 'InvalidArgument', 'Only one auth mechanism allowed');
  }
  if (verdict === 'forged') return sendXmlError(reply, 403, 'SignatureDoesNotMatch', 'The signature does not match');
  if (verdict === 'expired') return sendXmlError(reply, 403, 'AccessDenied', 'Request has expired');
  return undefined;
}
