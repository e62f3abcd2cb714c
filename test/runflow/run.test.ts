// Runs and outcomes read from everything that Runflow's documents show, and from what they do not show.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readJson } from '../../src/json.ts';
import { moreCareful, type Outcome, readEnd, readRun } from '../../src/runflow/run.ts';

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

/** What an end means once the run itself says no more. */
function readOutcome(said: { status: string; output: unknown }): Outcome | undefined {
  const { outcome, hint } = readEnd(said);
  return outcome ?? hint?.outcome;
}

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
      cost: 0.022,
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
  const canceled = { ...body, status_code: status, output: null };
  expect(readRun({ ...canceled, cost: '0' })?.outcome).toEqual({ kind: 'canceled', charged: false });
  expect(readRun({ ...canceled, cost: undefined })).toMatchObject({
    outcome: undefined,
    hint: { unsaid: 'reason', outcome: { kind: 'canceled' } },
  });
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
    expect(read({ ...output, seed: '42' })).toMatchObject({ seed: 42 });
    expect(read({ ...output, seed: [7, 8] })).toMatchObject({ seed: 7 });
    // Shown, it would be another number than the one that was used.
    expect(read({ ...output, seed: 2 ** 63 })).not.toHaveProperty('seed');
  });
});

describe('what stands beside the pictures', () => {
  const read = (changed: object) => readOutcome({ status: 'succeeded', output: { ...output, ...changed } });

  test.each([
    ['a number with every digit', '15860307465884635512', '15860307465884635512'],
    ['a negative one', '-15860307465884635512', '-15860307465884635512'],
    ['a list', '[15860307465884635512, 1]', '15860307465884635512'],
    ['text', '"15860307465884635512"', '15860307465884635512'],
    ['the last exact one', '9007199254740991', 9_007_199_254_740_991],
    ['the first that is not', '9007199254740993', '9007199254740993'],
    ['text of a small one', '"0042"', 42],
  ])('a seed that is %s is exact', (_what, seed, exact) => {
    const body = readJson(
      `{"output":{"outputs":[{"url":"https://a.example/1"}],"nsfw_detected":false,"seed":${seed}}}`,
    );
    expect(readOutcome({ status: 'succeeded', ...Object(body) })).toMatchObject({ seed: exact });
  });

  test.each([
    [{ inference_ms: 1_234 }, 1.234],
    [{ inference_ms: '1234' }, 1.234],
    [{ inference_ms: [900, 1_234] }, 1.234],
    [[{ inference_ms: 900 }, { inference_ms: 1_234 }], 1.234],
    [null, undefined],
    ['soon', undefined],
    [1_234, undefined],
    [[], undefined],
    [{ inference_ms: null }, undefined],
    [{ inference_ms: -5 }, undefined],
    [{ inference_ms: 'soon' }, undefined],
  ])('timing of %j is %s seconds of the model; without, the run says how long it took', (timing, seconds) => {
    const said = { ...body, output: { ...output, timing } };
    expect(readRun(said)?.outcome).toMatchObject({ kind: 'succeeded', seconds: seconds ?? 3.25 });
  });

  test.each([
    [{ actual_prompt: 'a cat' }, 'a cat'],
    [{ actual_prompt: ['', 'a cat'] }, 'a cat'],
    [[{ actual_prompt: null }, { actual_prompt: ' a cat ' }], 'a cat'],
    [{ prompt: 'a cat' }, undefined],
    [null, undefined],
    ['a cat', undefined],
    [{ actual_prompt: 7 }, undefined],
    [{ actual_prompt: ' ' }, undefined],
  ])('model_data of %j has the prompt %s', (model_data, prompt) => {
    const outcome = read({ model_data });
    expect(outcome).toMatchObject({ kind: 'succeeded' });
    expect(outcome && 'actualPrompt' in outcome ? outcome.actualPrompt : undefined).toBe(prompt);
  });

  test.each([
    ['0.022', 0.022],
    [0.022, 0.022],
    ['0', undefined],
    [null, undefined],
    ['', undefined],
    ['free', undefined],
    [-1, undefined],
    [[0.022], undefined],
  ])('a cost of %j is %s', (cost, dollars) => {
    const outcome = readRun({ ...body, cost })?.outcome;
    expect(outcome).toMatchObject({ kind: 'succeeded' });
    expect(outcome && 'cost' in outcome ? outcome.cost : undefined).toBe(dollars);
  });
});

describe('outputs of every shape that somebody has documented', () => {
  const url = 'https://a.example/1.png';
  test.each([
    ['text', url],
    ['a list of text', [url]],
    ['a list of objects', [{ url }]],
    ['one object', { url }],
    ['outputs', { outputs: [{ url, type: 'image' }] }],
    ['outputs as text', { outputs: [url] }],
    ['one output without a list', { outputs: { url, type: 'image' } }],
    ['one output as text', { outputs: url }],
    ['a media type', { outputs: [{ url, type: 'image/png' }] }],
    ['a capital', { outputs: [{ url, type: 'Image' }] }],
    ['no type', { outputs: [{ url }] }],
    ['a type of null', { outputs: [{ url, type: null }] }],
    ['a type that nobody knows', { outputs: [{ url, type: 'artifact' }] }],
    ['a content type', { outputs: [{ url, content_type: 'image/webp' }] }],
    ['bytes', { outputs: [{ url, content_type: 'application/octet-stream' }] }],
    ['image.url', { image: { url } }],
    ['image as text', { image: url }],
    ['images', { images: [{ url }] }],
    ['images as text', { images: [url] }],
    ['image_url', { image_url: url }],
    ['output_url', { output_url: url }],
    ['image_urls', { image_urls: [url] }],
    ['image_urls as one text', { image_urls: url }],
    ['image_url inside an output', { outputs: [{ image_url: url }] }],
    ['image.url inside an output', { outputs: [{ image: { url } }] }],
    ['an output inside the output', { output: { images: [{ url }] } }],
    ['an empty list beside', { outputs: [], image_urls: [url] }],
    ['a broken list beside', { outputs: 'none', images: [{ url }] }],
    [
      'a film beside',
      {
        outputs: [
          { url: 'https://a.example/1.mp4', type: 'video/mp4' },
          { url, type: 'image' },
        ],
      },
    ],
    [
      'a mask beside',
      {
        outputs: [
          { url: 'https://a.example/m.png', type: 'mask' },
          { url, type: 'image' },
        ],
      },
    ],
  ])('%s', (_what, given) => {
    expect(readOutcome({ status: 'succeeded', output: given })).toMatchObject({
      kind: 'succeeded',
      outputs: [{ url }],
    });
    const { outcome } = readRun({ ...body, output: given, nsfw_detected: false }) ?? {};
    expect(outcome).toMatchObject({ kind: 'succeeded', outputs: [{ url }], nsfw: false });
  });

  test.each([
    ['a film', { outputs: [{ url, type: 'video/mp4' }] }],
    ['sound', { outputs: [{ url, type: 'Audio' }] }],
    ['JSON', { outputs: [{ url, type: 'application/json' }] }],
    ['a film by its content type', { outputs: [{ url, content_type: 'video/webm' }] }],
    ['a lone film', { url, type: 'video' }],
    ['text as a data: URI', ['data:text/plain;base64,AAAA']],
    ['an address that nobody can fetch', { outputs: [{ url: 'runflow://assets/1' }] }],
    ['a word', 'done'],
    ['addresses too deep to be meant', { output: { output: { output: { output: { output: { url } } } } } }],
  ])('%s is no picture', (_what, given) => {
    const { outcome, hint } = readEnd({ status: 'succeeded', output: given });
    expect([outcome, hint?.unsaid]).toEqual([undefined, 'pictures']);
  });

  test('data: URIs are pictures', () => {
    const inline = 'data:image/png;base64,AAAA';
    expect(readOutcome({ status: 'succeeded', output: [inline] })).toMatchObject({ outputs: [{ url: inline }] });
  });
});

describe('the flag', () => {
  const deep = JSON.parse(`${'['.repeat(50_000)}false${']'.repeat(50_000)}`);

  test.each([
    [true, true],
    ['true', true],
    ['True', true],
    ['yes', true],
    ['1', true],
    ['maybe', true],
    ['flagged', true],
    [1, true],
    [0.4, true],
    [-1, true],
    [{ detected: true }, true],
    [{ sexual: 'false', violence: 'true' }, true],
    [{ label: 'safe' }, true],
    [{}, true],
    [[false, true], true],
    [[true, null], true],
    [['false', 'true'], true],
    [[{ nsfw: true }, false], true],
    [[[false], [true]], true],
    [false, false],
    ['false', false],
    [' FALSE ', false],
    ['no', false],
    ['0', false],
    [0, false],
    [[false, false], false],
    [[0, 'false'], false],
    [{ detected: false }, false],
    [null, null],
    ['', null],
    ['null', null],
    [[false, null], null],
    [[], null],
  ])('%j means %j', (given, meant) => {
    const outcome = readOutcome({ status: 'succeeded', output: { ...output, nsfw_detected: given } });
    expect(outcome).toMatchObject({ nsfw: meant });
  });

  test('nested deeper than anybody would is one, and can be read', () => {
    const outcome = readOutcome({ status: 'succeeded', output: { ...output, nsfw_detected: deep } });
    expect(outcome).toMatchObject({ nsfw: true });
  });

  const { nsfw_detected: _flag, ...unsaid } = output;

  test.each([
    ['an output', { ...unsaid, outputs: [{ ...picture, nsfw_detected: true }] }, true],
    ['an output, by another name', { ...unsaid, outputs: [{ ...picture, has_nsfw_concepts: [true] }] }, true],
    [
      'one of several',
      {
        outputs: [
          { ...picture, nsfw: false },
          { ...picture, nsfw: true },
        ],
      },
      true,
    ],
    ['a picture of an older shape', { image_urls: [{ url: picture.url, nsfw: 'true' }] }, true],
    ['a list of outputs', [{ ...picture, isNsfw: true }], true],
    ['the model data', { ...unsaid, model_data: { has_nsfw_concepts: [false, true] } }, true],
    ['the output, by another name', { ...unsaid, nsfw: 1 }, true],
    ['an output, beside one that is cleared as a whole', { ...output, outputs: [{ ...picture, nsfw: true }] }, true],
    ['an object around the pictures', { output: { ...unsaid, nsfw_detected: true } }, true],
    [
      'an object around the pictures, beside one that is cleared',
      { nsfw_detected: false, output: { ...output, nsfw_detected: true } },
      true,
    ],
    ['the picture inside an output', { ...output, outputs: [{ image: { url: picture.url, nsfw: true } }] }, true],
    ['the model data of an output', { ...output, outputs: [{ ...picture, model_data: { nsfw: 'true' } }] }, true],
    ['a list that is not read', { ...output, images: [{ url: picture.url, nsfw: true }] }, true],
    ['the model data, beside one that is cleared', { ...output, model_data: { nsfw: true } }, true],
    [
      'all outputs',
      {
        outputs: [
          { ...picture, nsfw: false },
          { ...picture, nsfw: 'false' },
        ],
      },
      false,
    ],
    ['the model data', { ...unsaid, model_data: { 'NSFW-detected': false } }, false],
    [
      'a list with an entry for each picture',
      { ...output, outputs: [picture, picture], nsfw_detected: [0, 'no'] },
      false,
    ],
    [
      'a short list, one entry of it',
      { ...output, outputs: [picture, picture, picture], nsfw_detected: [false, 1] },
      true,
    ],
    ['the output, whatever the model data leave open', { ...output, model_data: { nsfw: null } }, false],
  ])('inside %s counts', (_where, given, meant) => {
    expect(readEnd({ status: 'succeeded', output: given }).outcome).toMatchObject({ nsfw: meant });
  });

  test('on the run itself counts', () => {
    expect(readRun({ ...body, nsfw_detected: true })?.outcome).toMatchObject({ nsfw: true });
    expect(readRun({ ...body, output: unsaid, nsfw_detected: false })?.outcome).toMatchObject({ nsfw: false });
  });

  test.each([
    ['nowhere', unsaid],
    ['nowhere in an older shape', { image_urls: [picture.url] }],
    ['only on one of several outputs', { outputs: [{ ...picture, nsfw: false }, picture] }],
    ['for fewer pictures than there are', { ...output, outputs: [picture, picture], nsfw_detected: [false] }],
    [
      'for fewer pictures, in an object',
      { ...output, outputs: [picture, picture, picture], nsfw_detected: { each: [false, 0] } },
    ],
    ['only as a score', { ...unsaid, nsfw_score: 0.9 }],
  ])('that stands %s is not one that says "not checked"', (_what, given) => {
    const end = readEnd({ status: 'succeeded', output: given });
    expect(end).toMatchObject({ outcome: undefined, hint: { unsaid: 'flag', outcome: { nsfw: null } } });
    expect(readEnd({ status: 'succeeded', output: { ...output, nsfw_detected: null } })).toMatchObject({
      outcome: { nsfw: null },
      hint: undefined,
    });
  });

  test('of two ends is the more careful one, and the rest stays the first', () => {
    const end = (nsfw: boolean | null, seed = 1): Outcome => ({
      kind: 'succeeded',
      outputs: [{ url: picture.url }],
      partial: false,
      seed,
      nsfw,
    });
    for (const [first, later, meant] of [
      [false, true, true],
      [true, false, true],
      [null, true, true],
      [false, null, null],
      [null, false, null],
      [false, false, false],
    ] as const) {
      expect(moreCareful(end(first), end(later, 2))).toEqual(end(meant));
    }
    expect(moreCareful(end(false), { kind: 'canceled' })).toEqual(end(false));
  });
});

describe('a status', () => {
  test.each(['succeeded', 'SUCCEEDED', ' Succeeded ', 'success', 'completed', 'Complete', 'run.completed', 'done'])(
    '%j is a success',
    (status) => {
      expect(readRun({ ...body, status_code: status })?.outcome).toMatchObject({ kind: 'succeeded', partial: false });
    },
  );

  test.each(['partial_succeeded', 'Partial-Succeeded', 'partially succeeded'])('%j is one in part', (status) => {
    expect(readRun({ ...body, status_code: status })?.outcome).toMatchObject({ kind: 'succeeded', partial: true });
  });

  test.each(['failed', 'errored', 'ERROR', 'Failure'])('%j is a failure, whatever the output holds', (status) => {
    expect(readRun({ ...body, status_code: status })?.hint?.outcome).toMatchObject({ kind: 'failed', code: 'FAILED' });
  });

  const at = '2026-08-01T12:00:05Z';
  test.each([
    ['a reason', { failure_code: 'TIMED_OUT', output: null }, { outcome: { kind: 'failed', code: 'TIMED_OUT' } }],
    ['a time', { completed_at: at, output: null }, { hint: { unsaid: 'status', outcome: { code: 'UNKNOWN_END' } } }],
    ['a time and pictures', { completed_at: at }, { hint: { unsaid: 'status', outcome: { kind: 'succeeded' } } }],
    ['neither', {}, { outcome: undefined, hint: undefined }],
  ])('that nobody knows, with %s', (_what, more, end) => {
    for (const status of ['evaporated', '', null, 'toString', '__proto__']) {
      expect(readRun({ ...body, status_code: status, ...more })).toMatchObject(end);
    }
  });

  test.each(['queued', 'dispatching', 'Running'])('%j is no end, whatever else is said', (status) => {
    const run = readRun({ ...body, status_code: status, completed_at: at, failure_code: 'X' });
    expect(run).toMatchObject({ outcome: undefined, hint: undefined });
  });
});

describe('a failure', () => {
  test('says what the run says', () => {
    const failed = { ...body, status_code: 'failed', output: null, failure_code: 'OOM', failure_message: 'too large' };
    const said = { kind: 'failed', code: 'OOM', message: 'too large' };
    expect(readRun({ ...failed, cost: '0.000' })?.outcome).toEqual({ ...said, charged: false });
    expect(readRun({ ...failed, cost: 0.011 })?.outcome).toEqual({ ...said, charged: true });
    expect(readRun({ ...failed, cost: null })?.outcome).toEqual(said);
    expect(readRun({ ...failed, cost: undefined })?.hint).toEqual({ unsaid: 'reason', outcome: said });
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
      fc.constantFrom('succeeded', 'failed', 'partial_succeeded', 'running', 'odd'),
      (json, status) => {
        readRun(json);
        readRun({ id: 'r', status_code: status, output: json, metadata: json, input: json, nsfw_detected: json });
        const outcome = readOutcome({ status, output: json });
        if (outcome?.kind === 'succeeded') expect(outcome.outputs.length).toBeGreaterThan(0);
      },
    ),
    { numRuns: 1_000 },
  );
});
