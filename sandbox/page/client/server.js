// Talks to the page's server: receives an event stream, sends POST requests.
import { world } from './world.js';

let stream;

/** Receives updates as this user until called again for another. */
export function listen(user, { onState, onUpdate, onConnection }) {
  stream?.close();
  stream = new EventSource(`/events?user=${encodeURIComponent(user)}`);
  stream.addEventListener('state', (event) => onState(JSON.parse(event.data)));
  stream.addEventListener('update', (event) => onUpdate(JSON.parse(event.data)));
  stream.addEventListener('open', () => onConnection(true));
  stream.addEventListener('error', () => onConnection(false));
}

async function read(response) {
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) throw new Error(answer.error ?? `The sandbox answered with ${response.status}`);
  return answer;
}

async function send(path, init) {
  let response;
  try {
    response = await fetch(path, { method: 'POST', ...init });
  } catch {
    throw new Error('The sandbox is not running any more');
  }
  return read(response);
}

/**
 * Acts as the current user in the current channel. Files in the payload become form fields.
 * Rejects with a message if Discord's client would not allow it; resolves with `failed` if the bot does not respond.
 */
export function act(name, payload) {
  const form = new FormData();
  let count = 0;
  const text = JSON.stringify({ user: world.me, channel: world.channelId, ...payload }, (_key, value) => {
    if (!(value instanceof File)) return value;
    count += 1;
    form.append(`file-${count}`, value, value.name);
    return `file-${count}`;
  });
  form.append('payload', text);
  return send(`/act/${name}`, { body: form });
}

/** Sets a switch of the current person and channel. */
export function sendSwitch(name, on) {
  const headers = { 'content-type': 'application/json' };
  const body = JSON.stringify({ user: world.me, channel: world.channelId, on });
  return send(`/switches/${name}`, { headers, body });
}

export function sendControl(name, body) {
  const headers = { 'content-type': 'application/json' };
  return send(`/controls/${name}`, { headers, body: JSON.stringify(body) });
}
