// The disk on a bad day: locked, full, the file taken away. Members are refused before anything is paid for, readiness
// turns red and green again, and edits that were under way finish once the store is back.

import { spawnSync } from 'node:child_process';
import { renameSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it, vi } from 'vitest';
import type { Interaction } from '../../sandbox/discord/discord.ts';
import { type Lab, storePath } from '../lab.ts';
import { pause } from '../support.ts';
import { delivered, expectOnce, inLab, startBotProcess } from './own-lab.ts';

const underWay = 12;

const ready = async (lab: Lab) => (await fetch(`${lab.url}/readyz`)).status;

/** Edits whose runs are held. */
async function begin(lab: Lab): Promise<Interaction[]> {
  lab.runflow.hold();
  const interactions = Array.from({ length: underWay }, () => lab.edit('blur'));
  await Promise.all(interactions.map(({ acknowledged }) => acknowledged));
  await lab.until('the runs', () => lab.runs().length === underWay);
  await pause(200);
  return interactions;
}

/** Privately, in words, in time, and without a request to Runflow. */
async function expectRefused(lab: Lab): Promise<void> {
  const creates = () => lab.runflow.standIn.requests.filter(({ method }) => method === 'POST').length;
  const before = creates();
  const refused = lab.edit('sepia');
  const { ephemeral, tookMs } = await refused.acknowledged;
  expect({ ephemeral, inTime: tookMs < 3_000 }).toEqual({ ephemeral: true, inTime: true });
  expect(refused.original()?.content).toContain("can't take edits right now. Nothing was charged");
  expect(creates()).toBe(before);
}

/** Trouble in the middle of edits: `begins` and `ends` bring it about. */
async function tryTrouble(lab: Lab, begins: () => void, ends: () => void): Promise<Interaction[]> {
  const interactions = await begin(lab);
  expect(await ready(lab)).toBe(200);
  begins();
  try {
    lab.runflow.release();
    await lab.until('the ends', () => lab.runs().every(({ status_code }) => status_code === 'succeeded'));
    await pause(500);
    await expectRefused(lab);
    // Readiness is asked about every two seconds.
    await vi.waitFor(async () => expect(await ready(lab)).toBe(503), { timeout: 5_000 });
    await expectRefused(lab);
  } finally {
    ends();
  }
  while ((await ready(lab)) !== 200) await pause(50);
  return [...interactions, lab.edit('sepia')];
}

describe.concurrent('a store that is', { timeout: 60_000 }, () => {
  it('locked by another process', () =>
    inLab({}, async (lab) => {
      const other = new DatabaseSync(storePath(lab));
      const lock = () => other.exec('BEGIN EXCLUSIVE');
      const interactions = await tryTrouble(lab, lock, () => other.exec('ROLLBACK'));
      other.close();
      await delivered(lab, interactions);
      for (const interaction of interactions) expectOnce(lab, interaction);
      expect(lab.runs()).toHaveLength(underWay + 1);
    }));

  it('taken away while it is open, and put back', () =>
    inLab({}, async (lab) => {
      const move = (from: string, to: string) => {
        for (const suffix of ['', '-wal', '-shm'])
          renameSync(storePath(lab) + from + suffix, storePath(lab) + to + suffix);
      };
      const interactions = await tryTrouble(
        lab,
        () => move('', '.away'),
        () => move('.away', ''),
      );
      await delivered(lab, interactions);
      for (const interaction of interactions) expectOnce(lab, interaction);
      expect(lab.runs()).toHaveLength(underWay + 1);
    }));

  it('full', () =>
    inLab({ idle: true }, async (lab) => {
      const bot = startBotProcess(lab.env);
      try {
        await bot.ready();
        // No file of the process may grow, which fails a write like a disk without room.
        const limit = (size: string) => {
          const { status, stderr } = spawnSync('prlimit', ['--pid', String(bot.child.pid), `--fsize=${size}:`]);
          expect({ status, stderr: stderr?.toString() }).toEqual({ status: 0, stderr: '' });
        };
        const interactions = await tryTrouble(
          lab,
          () => limit('1'),
          () => limit('unlimited'),
        );
        const done = () => new Set(bot.lines.filter(({ msg }) => msg === 'edit delivered').map(({ edit }) => edit));
        await lab.until('delivered', () => interactions.every(({ id }) => done().has(id)), 20_000);
        for (const interaction of interactions) expectOnce(lab, interaction);
        expect(lab.runs()).toHaveLength(underWay + 1);
        expect(await bot.stop()).toBe(0);
      } finally {
        await bot.stop('SIGKILL');
      }
    }));
});
