// Callbacks: the signature over the raw bytes with any of the secrets, and what a payload means once it is believed.
import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isSigned, readCallback, sign, signatureHeader } from '../../src/runflow/callback.ts';

const secret = 'whsec_one';
const body = Buffer.from('{"run_id":"r",  "prompt":"Sch\u00f6n \ud83c\udfa8","n":1.0}\n');

describe('a signature', () => {
  test('is the lower-case hex HMAC-SHA256 of the raw body, by an independent calculation', () => {
    const signature = createHmac('sha256', secret).update(body).digest('hex');
    expect(sign(secret, body)).toBe(signature);
    expect(isSigned([secret], body, signature)).toBe(true);
    expect(signatureHeader).toBe('runflow-signature');
  });

  test('matches a value that was calculated elsewhere', () => {
    // RFC 4231, test case 2.
    expect(sign('Jefe', Buffer.from('what do ya want for nothing?'))).toBe(
      '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
    );
  });

  test('counts with any of the secrets, so that they can be rotated', () => {
    for (const signer of ['old', 'new', 'newer']) {
      expect(isSigned(['old', 'new', 'newer'], body, sign(signer, body))).toBe(true);
    }
    expect(isSigned(['new', 'newer'], body, sign('old', body))).toBe(false);
  });

  test('counts for nothing when there is no secret', () => {
    expect(isSigned([], body, sign('', body))).toBe(false);
    expect(isSigned([], body, '')).toBe(false);
  });

  test('is of the bytes as they came, not of the JSON that they mean', () => {
    const same = Buffer.from(JSON.stringify(JSON.parse(body.toString('utf8'))));
    expect(isSigned([secret], same, sign(secret, body))).toBe(false);
  });

  test('covers bytes that are not text', () => {
    const bytes = Buffer.from([0x00, 0xff, 0xc3, 0x28, 0x0d, 0x0a]);
    expect(isSigned([secret], bytes, sign(secret, bytes))).toBe(true);
    expect(isSigned([secret], Buffer.from(bytes.toString('utf8')), sign(secret, bytes))).toBe(false);
  });

  const good = sign(secret, body);
  test.each([
    ['upper case', good.toUpperCase()],
    ['one character less', good.slice(1)],
    ['one character more', `${good}0`],
    ['space around it', ` ${good}`],
    ['a line break after it', `${good}\n`],
    ['a prefix', `sha256=${good}`],
    ['the same twice', `${good}, ${good}`],
    ['no hexadecimal', 'z'.repeat(64)],
    ['wide digits', good.replaceAll(/\d/g, '\uff11')],
    ['nothing', ''],
    ['no text', undefined],
    ['a list', [good]],
    ['a buffer', Buffer.from(good, 'hex')],
  ])('with %s is refused', (_what, signature) => {
    expect(isSigned([secret], body, signature)).toBe(false);
  });

  test('fails when any bit of the body or of the signature is another one', () => {
    const flip = (bytes: Uint8Array, bit: number) => {
      const flipped = Buffer.from(bytes);
      flipped.writeUInt8(flipped.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
      return flipped;
    };
    const bytes = fc.uint8Array({ minLength: 1, maxLength: 300 });
    fc.assert(
      fc.property(bytes, fc.string(), fc.nat(), fc.nat({ max: 255 }), (payload, key, where, bit) => {
        const signature = sign(key, payload);
        expect(isSigned([key], payload, signature)).toBe(true);
        expect(isSigned([key], flip(payload, where % (payload.length * 8)), signature)).toBe(false);
        expect(isSigned([key], payload, flip(Buffer.from(signature, 'hex'), bit).toString('hex'))).toBe(false);
        expect(isSigned([`${key}x`], payload, signature)).toBe(false);
      }),
      { numRuns: 500 },
    );
  });
});

const output = { outputs: [{ url: 'https://media.runflow.io/1.png', type: 'image' }], seed: 1, nsfw_detected: null };
const payload = {
  event: 'run.completed',
  run_id: 'run-1',
  status: 'succeeded',
  output,
  duration_ms: 1_500,
  created_at: '2026-08-01T12:00:00Z',
  completed_at: '2026-08-01T12:00:01Z',
  metadata: { edit_id: '1300', channel_id: '3' },
};

describe('a payload', () => {
  test('is read into the run, its end, and a hint at its edit', () => {
    expect(readCallback(payload)).toEqual({
      runId: 'run-1',
      editId: '1300',
      outcome: {
        kind: 'succeeded',
        outputs: [{ url: 'https://media.runflow.io/1.png' }],
        partial: false,
        seed: 1,
        nsfw: null,
        seconds: 1.5,
      },
    });
  });

  test.each([
    // The three that were believed, or that ended an edit, although the run said more.
    ['in the older shape, without a flag', { output: { image_urls: ['https://media.runflow.io/1.png'] } }],
    ['without an output', { output: null }],
    ['whose output was left out', { output: undefined }],
    ['with an output of nothing', { output: {} }],
    ['with an output that is no picture', { output: { outputs: [{ url: 'https://a.example/1.mp4', type: 'video' }] } }],
    ['with a word that nobody knows', { event: 'run.evaporated', status: 'evaporated', output: null }],
  ])('%s is a hint: the run has to be read', (_what, changes) => {
    expect(readCallback({ ...payload, ...changes })).toMatchObject({ runId: 'run-1', outcome: undefined });
  });

  test.each([
    ['as text', { ...output, nsfw_detected: 'true' }, true],
    ['on an output', { outputs: [{ ...output.outputs[0], nsfw: true }] }, true],
    ['plainly false', { ...output, nsfw_detected: 'false' }, false],
  ])('whose flag is %s says so', (_what, given, nsfw) => {
    expect(readCallback({ ...payload, output: given })?.outcome).toMatchObject({ kind: 'succeeded', nsfw });
  });

  test('may carry the flag beside its output', () => {
    const old = { image_urls: ['https://media.runflow.io/1.png'] };
    expect(readCallback({ ...payload, output: old, nsfw_detected: true })?.outcome).toMatchObject({ nsfw: true });
  });

  test('is understood by its event when its status is a word that nobody knows', () => {
    expect(readCallback({ ...payload, status: 'evaporated' })?.outcome).toMatchObject({ kind: 'succeeded' });
    const failed = { ...payload, event: 'run.failed', status: 7, output: null, failure_code: 'OOM', cost: '0' };
    expect(readCallback(failed)?.outcome).toMatchObject({ kind: 'failed', code: 'OOM', charged: false });
  });

  test.each(['errored', 'ERRORED', 'run.errored'])('of the status %j is a failure', (status) => {
    const failed = { ...payload, event: null, status, output: null, failure_code: 'OOM', cost: 0 };
    expect(readCallback(failed)?.outcome?.kind).toBe('failed');
  });

  test.each([
    ['run.completed', 'succeeded'],
    ['run.partial_succeeded', 'succeeded'],
    // Why, and what it cost, only the run says.
    ['run.failed', undefined],
    ['run.cancelled', undefined],
    ['run.canceled', undefined],
  ])('of the event %s alone is an end', (event, kind) => {
    const { status: _status, ...rest } = payload;
    expect(readCallback({ ...rest, event })?.outcome?.kind).toBe(kind);
  });

  test.each([
    ['succeeded', 'succeeded'],
    ['partial_succeeded', 'succeeded'],
    ['failed', undefined],
    ['cancelled', undefined],
    ['canceled', undefined],
  ])('of the status %s alone is an end', (status, kind) => {
    const { event: _event, ...rest } = payload;
    expect(readCallback({ ...rest, status })?.outcome?.kind).toBe(kind);
  });

  test('of a failure that leaves open why or what it cost asks for a look at the run', () => {
    const failed = { ...payload, event: 'run.failed', status: 'failed', output: { code: 'OOM', message: 'too large' } };
    expect(readCallback(failed)).toEqual({
      runId: payload.run_id,
      outcome: undefined,
      editId: payload.metadata.edit_id,
    });
  });

  test.each(['run.created', 'run.started', 'something'])('of the event %s is no end', (event) => {
    expect(readCallback({ ...payload, event, status: 'running' })).toMatchObject({ outcome: undefined });
  });

  test.each([undefined, null, 'text', 7, [1], { edit_id: 7 }, { edit_id: 'x'.repeat(101) }, {}])(
    'with the metadata %j is read all the same, without the hint',
    (metadata) => {
      expect(readCallback({ ...payload, metadata })).toMatchObject({ runId: 'run-1', editId: undefined });
      expect(readCallback({ ...payload, metadata })?.outcome?.kind).toBe('succeeded');
    },
  );

  test.each([undefined, null, '', 'text', 7, [], {}, { run_id: '' }, { run_id: 7 }, { run_id: 'x'.repeat(256) }])(
    'of %j is not a callback',
    (json) => {
      expect(readCallback(json)).toBeUndefined();
    },
  );

  test('of any JSON does not make reading throw', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (json) => {
        readCallback(json);
        readCallback({ ...payload, output: json, metadata: json, duration_ms: json });
      }),
    );
  });
});
