// Uploads written down in pieces, read back by fetch's own form parser and by the stand-ins' reader.
import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { readMultipart } from '../../sandbox/multipart.ts';
import { writeUpload } from '../../src/discord/multipart.ts';

const json = { content: 'ünïcode "quoted"\r\nsecond line', attachments: [{ id: 0, description: 'a\r\n--b' }] };

async function readForm({ body, headers }: ReturnType<typeof writeUpload>): Promise<FormData> {
  return new Response(new Uint8Array(Buffer.concat(body)), { headers }).formData();
}

describe('writeUpload', () => {
  it('carries the JSON and the files, byte for byte and in order', async () => {
    const files = [
      { field: 'files[0]', name: 'one.png', pieces: [randomBytes(60_000), randomBytes(40_000)] },
      { field: 'files[1]', name: 'SPOILER_two.jpg', pieces: [Buffer.from('\r\n--\r\n\r\n')] },
      { field: 'files[2]', name: 'three.webp', pieces: [] },
      { field: 'files[3]', name: 'four.bin', pieces: [randomBytes(3)] },
    ];
    const upload = writeUpload(json, files);
    const form = await readForm(upload);
    expect([...form.keys()]).toEqual(['payload_json', ...files.map(({ field }) => field)]);
    expect(JSON.parse(String(form.get('payload_json')))).toEqual(json);
    const types = ['image/png', 'image/jpeg', 'image/webp', 'application/octet-stream'];
    for (const [index, { field, name, pieces }] of files.entries()) {
      const file = form.get(field);
      if (!(file instanceof File)) throw new Error(`${field} is no file`);
      expect([file.name, file.type]).toEqual([name, types[index]]);
      expect(Buffer.from(await file.arrayBuffer()).equals(Buffer.concat(pieces))).toBe(true);
    }

    expect(upload.headers['Content-Length']).toBe(String(Buffer.concat(upload.body).length));
    const parts = readMultipart(Buffer.concat(upload.body), upload.headers['Content-Type']);
    expect(parts.map(({ field, name }) => [field, name])).toEqual([
      ['payload_json', undefined],
      ...files.map(({ field, name }) => [field, name]),
    ]);
    const sent = files.map(({ pieces }) => Buffer.concat(pieces));
    expect(parts.slice(1).every(({ bytes }, index) => sent[index]?.equals(bytes))).toBe(true);
  });

  it('keeps a name from breaking out of its quotes', async () => {
    const name = 'a"; name="payload_json\r\nX: y.png';
    const upload = writeUpload(json, [{ field: 'files[0]', name, pieces: [Buffer.from('x')] }]);
    const form = await readForm(upload);
    expect([...form.keys()]).toEqual(['payload_json', 'files[0]']);
    expect(readMultipart(Buffer.concat(upload.body), upload.headers['Content-Type'])[1]?.name).toBe(name);
  });
});

describe("the stand-ins' reader", () => {
  it.each([
    ['without a boundary', 'multipart/form-data', '--x\r\n'],
    ['that does not begin with it', 'multipart/form-data; boundary=x', 'hello'],
    ['that is cut off', 'multipart/form-data; boundary=x', '--x\r\nContent-Disposition: form-data; name="a"\r\n\r\nb'],
    [
      'that does not end',
      'multipart/form-data; boundary=x',
      '--x\r\nContent-Disposition: form-data; name="a"\r\n\r\nb\r\n--x',
    ],
    ['with a part without a name', 'multipart/form-data; boundary=x', '--x\r\nX: y\r\n\r\nb\r\n--x--\r\n'],
  ])('refuses a body %s', (_, type, body) => {
    expect(() => readMultipart(Buffer.from(body), type)).toThrow();
  });
});
