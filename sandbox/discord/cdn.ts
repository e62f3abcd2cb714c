// Discord's CDN: attachments with signed URLs that expire (`ex`, `is` and `hm` in the query, as on the real CDN).
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import { pictureSize } from './picture-size.ts';
import type { Snowflakes } from './snowflake.ts';

export type Upload = {
  name: string;
  type: string;
  /** The service does not say of which type it is. */
  untyped?: boolean | undefined;
  bytes: Buffer;
  width?: number | undefined;
  height?: number | undefined;
  description?: string | undefined;
  spoiler?: boolean | undefined;
};

export type Attachment = {
  id: string;
  filename: string;
  title?: string;
  description?: string;
  contentType: string;
  untyped: boolean;
  size: number;
  /** Signed anew on each read. */
  readonly url: string;
  bytes: Buffer;
  spoiler: boolean;
  width?: number;
  height?: number;
};

export type Cdn = {
  /** Stores a file. `ephemeral`: the file belongs to an interaction (command option, modal upload). */
  store(channelId: string, upload: Upload, ephemeral?: boolean): Attachment;
  remove(attachment: Attachment): void;
  /** The URL with a fresh signature, or undefined for an unknown file. */
  refresh(url: string): string | undefined;
  /** Keeps a copy of what stands elsewhere, as for the picture of a link; its address does not end. */
  mirror(address: string, upload: Upload): Media;
  addRoutes(app: FastifyInstance): void;
};

/** A picture that is no file of its message. */
export type Media = { url: string; proxy_url: string; width?: number; height?: number; content_type: string; flags: 0 };

const TYPES: Record<string, string> = {
  png: 'image/png',
  jpg: 'image/jpeg',
  jpeg: 'image/jpeg',
  webp: 'image/webp',
  gif: 'image/gif',
  txt: 'text/plain; charset=utf-8',
  csv: 'text/csv; charset=utf-8',
  json: 'application/json; charset=utf-8',
};

/** The file name as Discord stores it: spaces become underscores; only ASCII letters, digits and `._-` remain. */
export function sanitize(name: string): string {
  const kept = name.replaceAll(' ', '_').replace(/[^\w.-]/g, '');
  return kept.replace(/^\.+/, '') || 'unknown';
}

/** The old way to mark a spoiler; Discord sets the flag for it, too. */
export const isNamedSpoiler = (filename: string) => filename.startsWith('SPOILER_');

/** Creates the store. `origin` is called for every URL. */
export function createCdn(origin: () => string, snowflakes: Snowflakes, lifetimeMs: number): Cdn {
  const key = randomBytes(32);
  const files = new Map<string, Attachment>();
  const mirrored = new Map<string, Upload>();

  function signature(path: string, expires: string, issued: string): Buffer {
    return createHmac('sha256', key).update(`${path}?${expires}&${issued}`).digest();
  }

  function sign(path: string): string {
    // Seconds in hexadecimal, as in real attachment URLs.
    const issued = Math.floor(Date.now() / 1000).toString(16);
    // Rounded up, or an address could end up to a second before its time.
    const expires = Math.ceil((Date.now() + lifetimeMs) / 1000).toString(16);
    return `${origin()}${path}?ex=${expires}&is=${issued}&hm=${signature(path, expires, issued).toString('hex')}&`;
  }

  return {
    store(channelId, upload, ephemeral = false) {
      const id = snowflakes();
      const filename = sanitize(upload.name);
      const path = `/${ephemeral ? 'ephemeral-attachments' : 'attachments'}/${channelId}/${id}/${filename}`;
      const extension = filename.slice(filename.lastIndexOf('.') + 1).toLowerCase();
      const size =
        upload.width && upload.height ? { width: upload.width, height: upload.height } : pictureSize(upload.bytes);
      const attachment: Attachment = {
        id,
        filename,
        ...(filename === upload.name ? {} : { title: upload.name.replace(/\.[^.]*$/, '') }),
        ...(upload.description ? { description: upload.description } : {}),
        contentType: upload.type || TYPES[extension] || 'application/octet-stream',
        untyped: upload.untyped === true,
        size: upload.bytes.length,
        get url() {
          return sign(path);
        },
        bytes: upload.bytes,
        spoiler: upload.spoiler || isNamedSpoiler(filename),
        ...size,
      };
      files.set(path, attachment);
      return attachment;
    },
    remove(attachment) {
      files.delete(new URL(attachment.url).pathname);
    },
    refresh(url) {
      const { pathname } = new URL(url);
      return files.has(pathname) ? sign(pathname) : undefined;
    },
    mirror(address, upload) {
      const { protocol, host, pathname } = new URL(address);
      const path = `/external/${signature(address, '', '').toString('base64url')}/${protocol.slice(0, -1)}/${host}${pathname}`;
      mirrored.set(path, upload);
      const size = pictureSize(upload.bytes);
      return { url: address, proxy_url: origin() + path, ...size, content_type: upload.type, flags: 0 };
    },
    addRoutes(app) {
      app.get('/external/*', async (request, reply) => {
        const file = mirrored.get(request.url.split('?')[0] ?? '');
        return file ? reply.type(file.type).send(file.bytes) : reply.code(404).send('');
      });
      for (const folder of ['/attachments', '/ephemeral-attachments']) {
        app.get<{ Querystring: Record<string, string> }>(`${folder}/:channel/:id/:name`, async (request, reply) => {
          const path = request.url.split('?')[0] ?? '';
          const { ex = '', is = '', hm = '' } = request.query;
          const given = Buffer.from(hm, 'hex');
          const right = signature(path, ex, is);
          const genuine = given.length === right.length && timingSafeEqual(given, right);
          const file = files.get(path);
          if (!file || !genuine || Number.parseInt(ex, 16) * 1000 <= Date.now()) {
            return reply.code(404).type('text/plain; charset=utf-8').send('This content is no longer available.');
          }
          return reply.type(file.contentType).send(file.bytes);
        });
      }
    },
  };
}
