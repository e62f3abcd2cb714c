// Runs and outcomes read from everything that Runflow's documents show, and from what they do not show.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readOutcome, readRun } from '../../src/runflow/run.ts';

const picture = { url: 'https://media.runflow.io/1.png', type: 'image', width: 1024, height: 768 };
const output = { outputs: [picture], seed: 42, model_data: {}, nsfw_detected: false, timing: null };

const body = {
  id: '0198f7a0-1111-7222-8333-444455556666',
  status_code: 'succeeded',
  input: { prompt: 'snow' },
  output,
  duration_ms: 3_250,
  cost: '0.022',
  created_at: '2026-08-01T12:00:00.000Z',
  metadata: { edit_id: '1' },
  client_ref: '1',
  failure_code: null,
  failure_message: null,
};

test('a run of the API is read whole', () => {
  expect(readRun(body)).toEqual({
    id: body.id,
    createdAt: Date.parse('2026-08-01T12:00:00Z'),
    clientRef: '1',
    metadata: { edit_id: '1' },
    input: { prompt: 'snow' },
    outcome: {
      kind: 'succeeded',
      outputs: [{ url: picture.url, width: 1024, height: 768 }],
      partial: false,
      seed: 42,
      nsfw: false,
      seconds: 3.25,
    },
  });
});

test('a run of which only the id is known is one that is under way', () => {
  expect(readRun({ id: 'r' })).toEqual({
    id: 'r',
    createdAt: undefined,
    clientRef: undefined,
    metadata: {},
    input: {},
    outcome: undefined,
  });
});

test.each([null, undefined, 'run', 7, [], {}, { id: '' }, { id: 7 }, { run: { id: 'r' } }])(
  '%j is not a run',
  (json) => {
    expect(readRun(json)).toBeUndefined();
  },
);

test.each(['queued', 'dispatching', 'running', 'something_new', '', null])('a run that is %s has no end', (status) => {
  expect(readRun({ ...body, status_code: status })?.outcome).toBeUndefined();
});

test.each(['canceled', 'cancelled'])('%s is the same end in both spellings', (status) => {
  expect(readRun({ ...body, status_code: status, output: null })?.outcome).toEqual({ kind: 'canceled' });
});

test('the status may stand under either name', () => {
  const { status_code: _status, ...rest } = body;
  expect(readRun({ ...rest, status: 'succeeded' })?.outcome).toMatchObject({ kind: 'succeeded' });
});

describe('odd details do not lose a result', () => {
  test.each([
    ['duration_ms', 'long'],
    ['created_at', 'yesterday'],
    ['created_at', 1_754_000_000],
    ['metadata', 'none'],
    ['metadata', null],
    ['input', [1]],
    ['client_ref', 7],
    ['failure_code', 500],
    ['failure_message', { text: 'x' }],
  ])('%s of %j', (name, value) => {
    expect(readRun({ ...body, [name]: value })?.outcome).toMatchObject({ kind: 'succeeded', seed: 42 });
  });
});

describe('outputs', () => {
  const read = (changed: object, status = 'succeeded') => readOutcome({ status, output: changed });

  test('of older callbacks are read', () => {
    expect(read({ image_urls: ['https://a.example/1', { url: 'https://a.example/2' }] })).toMatchObject({
      kind: 'succeeded',
      outputs: [{ url: 'https://a.example/1' }, { url: 'https://a.example/2' }],
      nsfw: null,
    });
  });

  test('that are not pictures are left out', () => {
    const outputs = [{ url: 'https://a.example/1', type: 'json' }, { url: 'https://a.example/2' }];
    expect(read({ outputs })).toMatchObject({ outputs: [{ url: 'https://a.example/2' }] });
  });

  test('that came are kept when others are empty or broken', () => {
    const outputs = [null, picture, { url: null, type: 'image' }, { error: 'out of memory' }];
    expect(read({ ...output, outputs }, 'partial_succeeded')).toMatchObject({
      kind: 'succeeded',
      partial: true,
      outputs: [{ url: picture.url }],
    });
  });

  test('with a size that makes no sense keep their address', () => {
    expect(read({ outputs: [{ ...picture, width: 'wide', height: 0 }] })).toMatchObject({
      outputs: [{ url: picture.url }],
    });
  });

  test.each([[null], [undefined], ['none'], [{}], [{ outputs: [] }], [{ outputs: 'none' }], [{ outputs: [null] }]])(
    'of %j are none, and the run failed',
    (none) => {
      expect(readOutcome({ status: 'succeeded', output: none })).toMatchObject({ kind: 'failed', code: 'NO_OUTPUT' });
    },
  );

  test('of a seed of zero keep it, and of a seed that is no number leave it out', () => {
    expect(read({ ...output, seed: 0 })).toMatchObject({ seed: 0 });
    expect(read({ ...output, seed: 'random' })).not.toHaveProperty('seed');
  });
});

describe('the flag', () => {
  test.each([
    [true, true],
    [false, false],
    [null, null],
    [undefined, null],
    ['maybe', null],
    [[false, true], true],
    [[true, null], true],
    [[false, false], false],
    [[false, null], null],
    [[], null],
  ])('%j means %j', (given, meant) => {
    const outcome = readOutcome({ status: 'succeeded', output: { ...output, nsfw_detected: given } });
    expect(outcome).toMatchObject({ nsfw: meant });
  });
});

describe('a failure', () => {
  test('says what the run says', () => {
    const failed = { ...body, status_code: 'failed', output: null, failure_code: 'OOM', failure_message: 'too large' };
    expect(readRun(failed)?.outcome).toEqual({ kind: 'failed', code: 'OOM', message: 'too large' });
  });

  test.each([{ code: 'NSFW', message: 'refused' }, { error: { code: 'NSFW', message: 'refused' } }])(
    'says what the envelope says: %j',
    (envelope) => {
      expect(readOutcome({ status: 'failed', output: envelope })).toEqual({
        kind: 'failed',
        code: 'NSFW',
        message: 'refused',
      });
    },
  );

  test.each([null, undefined, 'broken', { error: 'broken' }, { code: 7 }, []])(
    'is one without a reason: %j',
    (none) => {
      expect(readOutcome({ status: 'failed', output: none })).toEqual({
        kind: 'failed',
        code: 'FAILED',
        message: 'no reason was given',
      });
    },
  );
});

test('nothing that can be sent makes reading throw', () => {
  fc.assert(
    fc.property(
      fc.jsonValue(),
      fc.constantFrom('succeeded', 'failed', 'partial_succeeded', 'running'),
      (json, status) => {
        readRun(json);
        readRun({ id: 'r', status_code: status, output: json, metadata: json, input: json });
        const outcome = readOutcome({ status, output: json });
        if (outcome?.kind === 'succeeded') expect(outcome.outputs.length).toBeGreaterThan(0);
      },
    ),
    { numRuns: 1_000 },
  );
});
