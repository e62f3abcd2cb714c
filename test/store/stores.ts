// A store on a fresh SQLite file for each test, and a clock that only moves when it is told.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { type Clock, systemClock } from '../../src/clock.ts';
import { createSqliteStore } from '../../src/store/sqlite.ts';
import type { Store } from '../../src/store/store.ts';

/** A new store in a file; `another` opens it once more, as a second process would. */
export function openStore(): { store: Store; another: () => Store; path: string } {
  const folder = mkdtempSync(join(tmpdir(), 'darkroom-guild-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, 'darkroom.sqlite');
  const open = () => {
    const store = createSqliteStore(path);
    onTestFinished(() => store.close());
    return store;
  };
  return { store: open(), another: open, path };
}

export type StillClock = Clock & { move(ms: number): void; set(ms: number): void };

export function createStillClock(start = Date.UTC(2026, 7, 5, 12)): StillClock {
  let time = start;
  return {
    now: () => time,
    elapsed: systemClock.elapsed,
    // Whoever waits for a moment waits for a real one.
    after: systemClock.after,
    move(ms) {
      time += ms;
    },
    set(ms) {
      time = ms;
    },
  };
}
