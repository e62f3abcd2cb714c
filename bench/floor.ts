// The cheapest thing that could possibly work: only the transfers that every bot needs, over bare sockets. Checks
// nothing, stores nothing and retries nothing.
import { createServer } from 'node:http';
import { Agent, request } from 'undici';
import { WebSocket } from 'ws';

const { DISCORD_API_URL = '', DISCORD_TOKEN = '', RUNFLOW_API_URL = '', RUNFLOW_API_KEY = '' } = process.env;
const { PUBLIC_URL = '', PORT = '0', RUNFLOW_MODEL = 'black-forest-labs/flux-2-klein-9b/edit' } = process.env;

const dispatcher = new Agent({ connections: 64 });
const api = `${DISCORD_API_URL}/v10`;
const json = { 'content-type': 'application/json' };
/** Path for editing the reply to each run's interaction. */
const replies = new Map<string, string>();

async function send(
  method: 'GET' | 'POST' | 'PUT' | 'PATCH',
  url: string,
  headers: Record<string, string>,
  body?: Buffer | string,
) {
  const answer = await request(url, { method, headers, body: body ?? null, dispatcher });
  const text = await answer.body.text();
  if (answer.statusCode >= 300) throw new Error(`${method} ${url}: ${answer.statusCode} ${text}`);
  return text === '' ? undefined : JSON.parse(text);
}

async function deliver(runId: string, url: string): Promise<void> {
  const { body } = await request(url, { dispatcher });
  const picture = Buffer.from(await body.arrayBuffer());
  const head =
    '--cut\r\nContent-Disposition: form-data; name="payload_json"\r\nContent-Type: application/json\r\n\r\n{}\r\n' +
    '--cut\r\nContent-Disposition: form-data; name="files[0]"; filename="out.png"\r\nContent-Type: image/png\r\n\r\n';
  const form = Buffer.concat([Buffer.from(head), picture, Buffer.from('\r\n--cut--\r\n')]);
  const type = { 'content-type': 'multipart/form-data; boundary=cut' };
  await send('PATCH', `${api}/webhooks/${replies.get(runId)}/messages/@original`, type, form);
  replies.delete(runId);
}

async function takeOn(interaction: {
  id: string;
  token: string;
  application_id: string;
  data: { options: { value: string }[]; resolved: { attachments: Record<string, { url: string }> } };
}): Promise<void> {
  const { id, token, application_id, data } = interaction;
  const [image, prompt] = data.options.map(({ value }) => value);
  const acknowledged = send('POST', `${api}/interactions/${id}/${token}/callback`, json, '{"type":5}');
  const run = await send(
    'POST',
    `${RUNFLOW_API_URL}/v1/models/${RUNFLOW_MODEL}/runs`,
    { ...json, authorization: `Bearer ${RUNFLOW_API_KEY}` },
    JSON.stringify({
      input: { prompt, image_urls: [data.resolved.attachments[image ?? '']?.url] },
      callback_url: `${PUBLIC_URL}/webhooks/runflow`,
      client_ref: id,
    }),
  );
  replies.set(run.id, `${application_id}/${token}`);
  await acknowledged;
}

createServer((incoming, outgoing) => {
  const parts: Buffer[] = [];
  incoming.on('data', (part) => parts.push(part));
  incoming.on('end', () => {
    outgoing.end();
    const { run_id, output } = JSON.parse(Buffer.concat(parts).toString());
    if (output) void deliver(run_id, output.outputs[0].url);
  });
}).listen(Number(PORT), '127.0.0.1');

const authorization = { authorization: `Bot ${DISCORD_TOKEN}` };
const { id: application } = await send('GET', `${api}/oauth2/applications/@me`, authorization);
const options = [
  { type: 11, name: 'image', description: 'a picture', required: true },
  { type: 3, name: 'prompt', description: 'what to do', required: true },
];
const command = [{ name: 'edit', description: 'edits a picture', options }];
await send(
  'PUT',
  `${api}/applications/${application}/commands`,
  { ...authorization, ...json },
  JSON.stringify(command),
);

const { url } = await send('GET', `${api}/gateway/bot`, authorization);
const socket = new WebSocket(`${url}?v=10&encoding=json`);
socket.on('message', (raw) => {
  const { op, t, d } = JSON.parse(String(raw));
  if (op === 10) {
    setInterval(() => socket.send('{"op":1,"d":null}'), d.heartbeat_interval).unref();
    const identity = { token: DISCORD_TOKEN, intents: 1, properties: {} };
    socket.send(JSON.stringify({ op: 2, d: identity }));
  }
  if (t === 'READY') process.stdout.write('{"msg":"ready"}\n');
  if (t === 'INTERACTION_CREATE') void takeOn(d);
});
process.on('SIGTERM', () => process.exit(0));
