// Memory that strangers and large pictures take: flagged edits whose inputs must be made smaller for the moderators, and
// callbacks that are begun and never finished.
import { createHmac } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { SubjectName } from './subjects.ts';
import { type Bench, complain, note, withSubject } from './trials.ts';
import { forgetPeak, readUsage, watchFamily } from './usage.ts';

export function runCards(bench: Bench, name: SubjectName): Promise<void> {
  return withSubject(bench, name, { runMs: 100, pictureBytes: 2 ** 20 }, async (subject) => {
    forgetPeak(subject.pid);
    const stop = watchFamily(subject.pid);
    const { tally } = await bench.stage.give({ do: 'cards', edits: 20 });
    note(bench, name, { cardsFamily: stop(), cards: readUsage(subject.pid).peakMb });
    complain(bench, name, tally);
  });
}

const path = '/webhooks/runflow';
const halves = 400;
/** What the bot takes at most, and more than that. */
const bodyBytes = [262_144, 1_000_000] as const;

/** Begins a callback with something like a signature, and sends all of its body but one byte. */
function sendHalf(port: number, size: number): Socket {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => {});
  socket.write(
    `POST ${path} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\nrunflow-signature: ${'a'.repeat(64)}\r\ncontent-length: ${size}\r\n\r\n`,
  );
  socket.write(Buffer.alloc(size - 1, ' '));
  return socket;
}

async function sendValid(port: number): Promise<boolean> {
  const body = JSON.stringify({ event: 'run.cancelled', run_id: 'nobody', status: 'cancelled', output: null });
  const signature = createHmac('sha256', 'whsec_bench').update(body).digest('hex');
  try {
    const headers = { 'content-type': 'application/json', 'runflow-signature': signature };
    return (await fetch(`http://127.0.0.1:${port}${path}`, { method: 'POST', headers, body })).ok;
  } catch {
    return false;
  }
}

export function runHalfSent(bench: Bench, name: SubjectName): Promise<void> {
  return withSubject(bench, name, { runMs: 100, pictureBytes: 1_000 }, async (subject) => {
    await sleep(3_000);
    const idleMb = readUsage(subject.pid).residentMb;
    forgetPeak(subject.pid);
    const sockets = Array.from({ length: halves }, (_, index) => sendHalf(subject.port, bodyBytes[index % 2] ?? 0));
    let valid = 0;
    for (let sent = 0; sent < 50; sent += 1) {
      if (await sendValid(subject.port)) valid += 1;
      await sleep(20);
    }
    await sleep(2_000);
    note(bench, name, { halfSent: readUsage(subject.pid).peakMb - idleMb, halfSentValid: valid });
    await sleep(15_000);
    for (const socket of sockets) socket.destroy();
    note(bench, name, { halfSentAfter: readUsage(subject.pid).residentMb - idleMb });
  });
}
