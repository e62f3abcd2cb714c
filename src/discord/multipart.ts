// Encodes a form with files in pieces. discord.js would wrap each file in a Blob inside a FormData, which is copied and
// streamed in slices of 64 KB: more than twice the processor time (docs/performance.md).
import { randomUUID } from 'node:crypto';
import { extname } from 'node:path';
import { type Pieces, sizeOf } from '../pieces.ts';

export type UploadFile = { field: string; name: string; pieces: Pieces };

/** A body that `REST` sends unchanged. */
export type Upload = {
  body: Pieces;
  passThroughBody: true;
  headers: { 'Content-Type': string; 'Content-Length': string };
};

const types: Record<string, string> = { '.png': 'image/png', '.jpg': 'image/jpeg', '.webp': 'image/webp' };

/** Escapes a name for quotes (HTML standard, multipart form data). */
function quoted(name: string): string {
  return name.replaceAll('\n', '%0A').replaceAll('\r', '%0D').replaceAll('"', '%22');
}

/** The request body: Discord's `payload_json`, then the files in order. Does not copy the files' bytes. */
export function writeUpload(json: unknown, files: readonly UploadFile[]): Upload {
  const boundary = randomUUID();
  const head = (disposition: string, type: string) =>
    Buffer.from(`\r\n--${boundary}\r\nContent-Disposition: form-data; ${disposition}\r\nContent-Type: ${type}\r\n\r\n`);
  const body = [
    head('name="payload_json"', 'application/json').subarray(2),
    Buffer.from(JSON.stringify(json)),
    ...files.flatMap(({ field, name, pieces }) => [
      head(`name="${quoted(field)}"; filename="${quoted(name)}"`, types[extname(name)] ?? 'application/octet-stream'),
      ...pieces,
    ]),
    Buffer.from(`\r\n--${boundary}--\r\n`),
  ];
  return {
    body,
    passThroughBody: true,
    headers: {
      'Content-Type': `multipart/form-data; boundary=${boundary}`,
      'Content-Length': String(sizeOf(body)),
    },
  };
}
