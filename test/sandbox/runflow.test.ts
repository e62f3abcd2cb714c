// The Runflow stand-in over real HTTP: what it accepts, refuses, lists, bills, and hands out.
import sharp from 'sharp';
import { afterEach, expect, test } from 'vitest';
import { createRunflow, type Runflow, type RunflowOptions } from '../../sandbox/runflow/runflow.ts';
import { pause } from '../support.ts';
import { ask, createRun, envelope, listShape, modelPath, readToEnd, runShape, smallPicture } from './runflow-client.ts';

let open: Runflow[] = [];

async function start(options: RunflowOptions = {}): Promise<Runflow> {
  const runflow = await createRunflow({ runMs: 20, ...options });
  open.push(runflow);
  return runflow;
}

afterEach(async () => {
  await Promise.all(open.map((runflow) => runflow.close()));
  open = [];
});

async function download(url: string | undefined): Promise<Buffer> {
  const response = await fetch(url ?? '');
  if (!response.ok) throw new Error(String(response.status));
  return Buffer.from(await response.arrayBuffer());
}

test('a run is created queued, read to its end, and its picture downloaded', async () => {
  const runflow = await start();
  const created = await createRun(runflow, 'sepia', { seed: 7 }, { client_ref: 'edit-1', metadata: { edit_id: '1' } });
  expect(created).toMatchObject({
    status_code: 'queued',
    client_ref: 'edit-1',
    metadata: { edit_id: '1' },
    output: null,
  });
  const run = await readToEnd(runflow, created.id);
  expect(run).toMatchObject({ status_code: 'succeeded', output: { seed: 7, nsfw_detected: false } });
  const { format, width, height } = await sharp(await download(run.output?.outputs[0]?.url)).metadata();
  expect({ format, width, height }).toEqual({ format: 'png', width: 48, height: 32 });
});

test('every answer carries the rate limit, and the limit holds', async () => {
  const runflow = await start({ rateLimit: 2 });
  const first = await ask(runflow, 'GET', '/v1/runs');
  expect(first.headers.get('x-ratelimit-limit')).toBe('2');
  expect(first.headers.get('x-ratelimit-remaining')).toBe('1');
  expect(Number(first.headers.get('x-ratelimit-reset'))).toBeGreaterThan(Date.now() / 1000);
  await ask(runflow, 'GET', '/v1/runs');
  const third = await ask(runflow, 'GET', '/v1/runs');
  expect(third.status).toBe(429);
  expect(Number(third.headers.get('retry-after'))).toBeGreaterThan(0);
});

test('wrong key, unknown model, unknown run, unknown route, and a body that is no JSON', async () => {
  const runflow = await start();
  const refusals: [number, string, Promise<{ status: number; json: unknown }>][] = [
    [401, 'UNAUTHORIZED', ask(runflow, 'GET', '/v1/runs', undefined, 'other')],
    [401, 'UNAUTHORIZED', ask(runflow, 'GET', '/v1/nothing', undefined, 'other')],
    [404, 'MODEL_NOT_FOUND', ask(runflow, 'POST', '/v1/models/some/thing/runs', {})],
    [404, 'RUN_NOT_FOUND', ask(runflow, 'GET', '/v1/runs/0198')],
    [404, 'NOT_FOUND', ask(runflow, 'GET', '/v1/nothing')],
    [400, 'BAD_REQUEST', ask(runflow, 'POST', modelPath, '{"input":')],
  ];
  for (const [status, code, answer] of refusals) {
    const { status: actual, json } = await answer;
    expect([actual, envelope.parse(json).code]).toEqual([status, code]);
  }
  expect((await ask(runflow, 'GET', '/v1/health', undefined, 'other')).status).toBe(200);
});

const image = 'https://example.com/a.png';
test.each([
  ['input.prompt', { prompt: ' ' }],
  ['input.image_urls', { image_urls: [] }],
  ['input.image_urls', { image_urls: Array(5).fill(image) }],
  ['input.image_urls.0', { image_urls: ['ftp://example.com/a.png'] }],
  ['input.num_inference_steps', { num_inference_steps: 3 }],
  ['input.num_images', { num_images: 5 }],
  ['input.image_size', { image_size: 'huge' }],
  ['input.seed', { seed: 1.5 }],
  ['input.output_format', { output_format: 'gif' }],
  ['input.sync_mode', { sync_mode: 'yes' }],
  ['input.negative_prompt', { negative_prompt: 'x' }],
])('%s is refused: %j', async (field, wrong) => {
  const runflow = await start();
  const input = { prompt: 'sepia', image_urls: [image], ...wrong };
  const answer = await ask(runflow, 'POST', modelPath, { input });
  expect(answer.status).toBe(422);
  expect(envelope.parse(answer.json).errors?.map((error) => error.field)).toContain(field);
  expect(runflow.runs.size).toBe(0);
});

test.each([
  ['client_ref', { client_ref: 'x'.repeat(256) }],
  ['callback_url', { callback_url: 'nowhere' }],
  ['metadata', { metadata: [] }],
  ['webhook', { webhook: 'x' }],
])('the body around the input is checked: %s', async (field, wrong) => {
  const runflow = await start();
  const answer = await ask(runflow, 'POST', modelPath, { input: { prompt: 'x', image_urls: [image] }, ...wrong });
  expect([answer.status, envelope.parse(answer.json).errors?.[0]?.field]).toEqual([422, field]);
});

test('an input that is unreachable or no picture fails the run and costs nothing', async () => {
  const runflow = await start();
  const text = `data:image/png;base64,${Buffer.from('no picture').toString('base64')}`;
  for (const [address, code] of [
    ['http://127.0.0.1:1/a.png', 'INPUT_FETCH_FAILED'],
    [`${runflow.url}/outputs/none/0.png`, 'INPUT_FETCH_FAILED'],
    [text, 'INPUT_NOT_AN_IMAGE'],
  ]) {
    const { id } = await createRun(runflow, 'sepia', { image_urls: [address] });
    expect(await readToEnd(runflow, id)).toMatchObject({ status_code: 'failed', failure_code: code, output: null });
    expect(runflow.runs.get(id)?.billed).toBe(0);
  }
  expect(runflow.balanceCents).toBe(10_000);
});

test('the list filters with q, and refuses what it does not know', async () => {
  const runflow = await start({ runMs: 5 });
  const made = [];
  for (const [index, prompt] of ['a', '[failed] b', 'c'].entries()) {
    made.push(await createRun(runflow, prompt, {}, { client_ref: `ref ${index}` }));
  }
  for (const { id } of made) await readToEnd(runflow, id);
  const find = async (q: string) => {
    const answer = await ask(runflow, 'GET', `/v1/runs?fields=client_ref&q=${encodeURIComponent(q)}`);
    return answer.status === 200 ? listShape.parse(answer.json).items.map((item) => item.client_ref) : answer.status;
  };
  const [a, b] = made;
  expect(await find('status_code:succeeded')).toEqual(['ref 2', 'ref 0']);
  expect(await find('client_ref="ref 1"')).toEqual(['ref 1']);
  expect(await find(`id:${a?.id} OR id:${b?.id}`)).toEqual(['ref 1', 'ref 0']);
  expect(await find(`(id:${a?.id} OR id:${b?.id}) AND NOT status_code:failed`)).toEqual(['ref 0']);
  expect(await find('created_at>2026-04-01T00:00:00Z AND completed_at>=2026-04-01')).toHaveLength(3);
  expect(await find('created_at<2020-01-01')).toEqual([]);
  const wrong = ['colour:red', 'status_code:', 'status_code:a status_code:b', '(id:a', 'created_at>soon', 'AND', ''];
  for (const q of wrong) expect([q, await find(q)]).toEqual([q, 422]);
});

test('fields choose what is shown; unknown ones and bad limits are refused', async () => {
  const runflow = await start();
  const { id } = await createRun(runflow, 'sepia');
  const answer = await ask(runflow, 'GET', '/v1/runs?fields=id,status_code');
  expect(listShape.parse(answer.json).items).toEqual([{ id, status_code: expect.any(String) }]);
  for (const query of ['fields=id,nothing', 'limit=0', 'limit=501', 'sort_by=cost:asc', 'pq=zzz', 'page=2']) {
    expect([query, (await ask(runflow, 'GET', `/v1/runs?${query}`)).status]).toEqual([query, 422]);
  }
});

test('cursors walk forth and back while runs are added', async () => {
  const runflow = await start();
  const ids: string[] = [];
  for (let index = 0; index < 5; index += 1) ids.push((await createRun(runflow, `${index}`)).id);
  ids.reverse();
  const page = async (query: string) => {
    const { items, ...cursors } = listShape.parse(
      (await ask(runflow, 'GET', `/v1/runs?limit=2&fields=id&${query}`)).json,
    );
    return { ids: items.map((item) => item.id), ...cursors };
  };
  const first = await page('sort_by=created_at:desc');
  expect([first.ids, first.prev_pq]).toEqual([ids.slice(0, 2), null]);
  await createRun(runflow, 'newer');
  const second = await page(`pq=${first.next_pq}`);
  expect(second.ids).toEqual(ids.slice(2, 4));
  const third = await page(`pq=${second.next_pq}`);
  expect([third.ids, third.next_pq]).toEqual([ids.slice(4), null]);
  expect((await page(`pq=${third.prev_pq}`)).ids).toEqual(ids.slice(2, 4));
  const mixed = await ask(runflow, 'GET', `/v1/runs?sort_by=created_at:asc&pq=${first.next_pq}`);
  expect(mixed.status).toBe(422);
});

test('output URLs are signed afresh, expire, and take neither forgery nor a key', async () => {
  const runflow = await start({ outputMs: 60_000 });
  const { id } = await createRun(runflow, 'sepia');
  const old = (await readToEnd(runflow, id)).output?.outputs[0]?.url ?? '';
  expect((await fetch(old)).status).toBe(200);
  runflow.expireOutputs(id);
  const refused = await fetch(old);
  expect([refused.status, refused.headers.get('content-type'), await refused.text()]).toEqual([
    403,
    expect.stringContaining('xml'),
    expect.stringContaining('AccessDenied'),
  ]);
  const fresh = (await readToEnd(runflow, id)).output?.outputs[0]?.url ?? '';
  expect((await fetch(fresh)).status).toBe(200);
  expect((await fetch(`${fresh}0`)).status).toBe(403);
  expect((await fetch(fresh, { headers: { authorization: 'Bearer sandbox-key' } })).status).toBe(400);

  const brief = await start({ outputMs: 1 });
  const { id: other } = await createRun(brief, 'sepia');
  const url = (await readToEnd(brief, other)).output?.outputs[0]?.url ?? '';
  await pause(5);
  expect((await fetch(url)).status).toBe(403);
});

test('runs are billed by the megapixel, and without credit there is a 402', async () => {
  const runflow = await start();
  const picture = await smallPicture();
  const more = { image_size: 'square_hd', num_images: 2, image_urls: [picture, picture] };
  const { id } = await createRun(runflow, 'sepia', more);
  const run = await readToEnd(runflow, id);
  // Two inputs and two outputs of 1024 × 1024, each rounded up.
  const dollars = 0.011 * (2 + 2);
  expect(Number(run.cost)).toBeCloseTo(dollars, 6);
  expect(runflow.balanceCents).toBeCloseTo(10_000 - dollars * 100, 3);
  runflow.balanceCents = 0;
  expect((await ask(runflow, 'GET', '/v1/billing/balance')).json).toEqual({ balance_cents: 0, currency: 'USD' });
  const refused = await ask(runflow, 'POST', modelPath, { input: { prompt: 'x', image_urls: [picture] } });
  expect([refused.status, envelope.parse(refused.json).code]).toEqual([402, 'INSUFFICIENT_CREDIT']);
});

test('the same seed, prompt and input give the same bytes; the outputs of one run differ', async () => {
  const runflow = await start();
  const take = async (more: Record<string, unknown>) => {
    const { id } = await createRun(runflow, 'a castle in the clouds', { image_size: 'square', ...more });
    const run = await readToEnd(runflow, id);
    return Promise.all((run.output?.outputs ?? []).map(({ url }) => download(url)));
  };
  const [first, second, third] = await take({ seed: 4, num_images: 3 });
  const [again] = await take({ seed: 4 });
  const [other] = await take({ seed: 40 });
  expect(again?.equals(first ?? Buffer.alloc(0))).toBe(true);
  expect(new Set([first, second, third, other].map((bytes) => bytes?.toString('base64'))).size).toBe(4);
});

test.each([
  ['png', 'square', 512, 512],
  ['jpeg', 'landscape_16_9', 1024, 576],
  ['webp', 'portrait_4_3', 768, 1024],
])('%s in %s', async (output_format, image_size, width, height) => {
  const runflow = await start();
  const { id } = await createRun(runflow, 'invert', { output_format, image_size });
  const run = await readToEnd(runflow, id);
  const response = await fetch(run.output?.outputs[0]?.url ?? '');
  expect(response.headers.get('content-type')).toBe(`image/${output_format}`);
  const found = await sharp(Buffer.from(await response.arrayBuffer())).metadata();
  expect([found.format, found.width, found.height]).toEqual([output_format, width, height]);
});

test('sync_mode answers at the end, with the picture itself', async () => {
  const runflow = await start();
  const run = await createRun(runflow, 'sepia', { sync_mode: true });
  expect(run.status_code).toBe('succeeded');
  const [, base64 = ''] = run.output?.outputs[0]?.url.split(',') ?? [];
  expect((await sharp(Buffer.from(base64, 'base64')).metadata()).format).toBe('png');
});

test('an upload goes through three steps and can be edited', async () => {
  const runflow = await start();
  const bytes = await sharp({ create: { width: 20, height: 20, channels: 3, background: 'red' } })
    .png()
    .toBuffer();
  const wish = { filename: 'a.png', mime_type: 'image/png', size_bytes: bytes.length };
  expect((await ask(runflow, 'POST', '/v1/asset-uploads', { ...wish, size_bytes: 52_428_801 })).status).toBe(422);
  const answer = await ask(runflow, 'POST', '/v1/asset-uploads', wish);
  expect(answer.json).toEqual({ asset_id: expect.any(String), upload_url: expect.any(String) });
  const { asset_id, upload_url } = Object(answer.json);
  const put = async (headers: Record<string, string>) =>
    (await fetch(upload_url, { method: 'PUT', headers, body: new Uint8Array(bytes) })).status;
  expect((await ask(runflow, 'POST', `/v1/asset-uploads/${asset_id}/confirmations`, {})).status).toBe(409);
  expect(await put({ 'content-type': 'image/png', authorization: 'Bearer sandbox-key' })).toBe(400);
  expect(await put({ 'content-type': 'image/jpeg' })).toBe(403);
  expect(await put({ 'content-type': 'image/png' })).toBe(200);
  expect((await ask(runflow, 'GET', `/v1/assets/${asset_id}`)).status).toBe(404);
  const confirmed = await ask(runflow, 'POST', `/v1/asset-uploads/${asset_id}/confirmations`, { folder_id: null });
  expect(confirmed.json).toMatchObject({
    id: asset_id,
    name: 'a.png',
    mime_type: 'image/png',
    size_bytes: bytes.length,
  });
  const again = await ask(runflow, 'GET', `/v1/assets/${asset_id}`);
  expect(again.json).toEqual({ ...Object(confirmed.json), url: expect.any(String) });
  const { id } = await createRun(runflow, 'blur', { image_urls: [Object(again.json).url] });
  expect((await readToEnd(runflow, id)).status_code).toBe('succeeded');
});

test('held runs wait for release or finish', async () => {
  const runflow = await start();
  runflow.hold();
  const one = await createRun(runflow, 'sepia');
  const two = await createRun(runflow, 'sepia');
  await pause(60);
  expect([...runflow.runs.values()].map((run) => run.status_code)).toEqual(['running', 'running']);
  await runflow.finish(two.id, { status: 'failed', failure: { code: 'BOOM', message: 'boom' } });
  expect(runflow.runs.get(two.id)).toMatchObject({ status_code: 'failed', failure_code: 'BOOM' });
  expect(runflow.runs.get(one.id)?.status_code).toBe('running');
  runflow.release();
  expect((await readToEnd(runflow, one.id)).status_code).toBe('succeeded');
});

test('other known models take wider input', async () => {
  const runflow = await start();
  const input = { prompt: 'sepia', image_urls: Array(6).fill(await smallPicture()), guidance_scale: 3 };
  const answer = await ask(runflow, 'POST', '/v1/models/black-forest-labs/flux-2-pro/edit/runs', { input });
  expect(answer.status).toBe(201);
  expect((await readToEnd(runflow, runShape.parse(answer.json).id)).status_code).toBe('succeeded');
});
