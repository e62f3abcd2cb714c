// Looks once more when a request with pictures really leaves. discord.js holds requests back while a limit lasts, one
// behind the other; meanwhile a channel may have become public, or the picture have been deleted.
import type { Outbound, Transport } from './transport.ts';

/** Throws when what a request shows may not be shown any more. */
export type MayGo = () => Promise<void>;

/** The look kept a request back; `cause` is what it threw. */
export class KeptBack extends Error {
  override name = 'KeptBack';
}

export function createLeaving(makeRequest: Transport['makeRequest']) {
  const looks = new WeakMap<object, MayGo>();
  return {
    /** Has `mayGo` asked before each attempt to send this body, which discord.js passes on as it is. */
    guard<Body extends { body: object }>(upload: Body, mayGo: MayGo): Body {
      looks.set(upload.body, mayGo);
      return upload;
    },

    async makeRequest(url: string, outbound: Outbound): Promise<Response> {
      const { body } = outbound;
      try {
        if (typeof body === 'object' && body !== null) await looks.get(body)?.();
      } catch (cause) {
        throw new KeptBack('a request was kept back', { cause });
      }
      return makeRequest(url, outbound);
    },
  };
}
