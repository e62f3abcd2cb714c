// Puts the originals of edits away, a few at a time and after everything else. Owed in the record, so a restart goes on;
// worth a day of tries, which is how long an original's address works.
import type { Clock } from '../clock.ts';
import { hasExpired } from '../discord/signed-urls.ts';
import { assetOf } from '../edit/intake.ts';
import { owesSource } from '../edit/kept.ts';
import type { Edit } from '../edit/record.ts';
import type { Records } from '../edit/records.ts';
import type { Change } from '../edit/step.ts';
import { backoff, type Timing } from '../edit/timing.ts';
import { DownloadError, RunflowError } from '../errors.ts';
import type { Log } from '../log.ts';
import { inspectPicture } from '../picture/picture.ts';
import type { Assets } from '../runflow/assets.ts';
import type { Downloads } from '../runflow/downloads.ts';
import { createSlots } from '../slots.ts';

export type KeepSource = { begin(edit: Edit): void; stop(): void };

/** Each is in memory as a whole, 20 MiB at most. */
const atOnce = 2;
/** How long an address of Discord works. */
const worthMs = 24 * 3_600_000;

const extensions = { png: 'png', jpeg: 'jpg', webp: 'webp' } as const;

export function createKeep(options: {
  assets: Pick<Assets, 'upload' | 'drop'>;
  openPicture: Downloads['open'];
  records: Pick<Records, 'load'>;
  change: Change;
  clock: Clock;
  timing: Timing;
  log: Log;
}): KeepSource {
  const { assets, clock, timing, log } = options;
  const slots = createSlots(atOnce);
  const underWay = new Set<string>();
  const waits = new Set<() => void>();
  const stopping = new AbortController();
  const { signal } = stopping;

  async function upload(edit: Edit, url: string, position: number): Promise<string> {
    const download = await options.openPicture(url, signal);
    const pieces = await download.pieces();
    const { format } = await inspectPicture(pieces);
    const name = `darkroom-${edit.id}-source-${position + 1}.${extensions[format]}`;
    return assets.upload({ name, type: `image/${format}`, pieces }, signal);
  }

  async function uploadAll(edit: Edit): Promise<string[]> {
    const ids: string[] = [];
    const isNew = (_: string, position: number) => assetOf(edit, position) === undefined;
    try {
      for (const [position, url] of edit.input.image_urls.entries()) {
        // What was converted for the run is what was edited.
        ids.push(assetOf(edit, position) ?? (await upload(edit, url, position)));
      }
      return ids;
    } catch (error) {
      // Half of an original is of no use.
      await Promise.allSettled(ids.filter(isNew).map((id) => assets.drop(id)));
      throw error;
    }
  }

  /** Whether a later try may work. */
  function isWorthwhile(edit: Edit, error: unknown): boolean {
    const passes =
      (error instanceof DownloadError && error.kind === 'broken') ||
      (error instanceof RunflowError && error.kind !== 'rejected');
    return passes && clock.now() - edit.createdAt < worthMs && !hasExpired(edit.input.image_urls, clock.now());
  }

  /** Ended early when the process stops. */
  const wait = (ms: number) =>
    new Promise<void>((resolve) => {
      const end = () => {
        cancel();
        waits.delete(end);
        resolve();
      };
      const cancel = clock.after(ms, end);
      waits.add(end);
    });

  async function keep(edit: Edit): Promise<void> {
    await wait(timing.keepAfterMs);
    for (let tries = 0; !signal.aborted; tries += 1) {
      try {
        const kept = await slots.run(async () => {
          // It may be deleted by now.
          const now = await options.records.load(edit.id);
          return now && owesSource(now) ? uploadAll(edit) : undefined;
        });
        if (kept) await note(edit.id, kept);
        return;
      } catch (err) {
        if (signal.aborted) return;
        if (!isWorthwhile(edit, err)) {
          log.warn({ edit: edit.id, err }, 'the original of an edit cannot be kept');
          await note(edit.id, undefined);
          return;
        }
        log.debug({ edit: edit.id, err }, 'keeping the original of an edit put off');
        await wait(backoff(tries, timing));
      }
    }
  }

  /** @param kept undefined when it cannot be kept, which is then owed no more */
  async function note(id: string, kept: string[] | undefined): Promise<void> {
    const changed = await options.change(id, (edit) => {
      if (!owesSource(edit)) return undefined;
      return kept ? { type: 'source-kept', assets: kept } : { type: 'paid', duty: { kind: 'keep-source' } };
    });
    // Deleted meanwhile.
    if (kept && changed?.kept?.[0] !== kept[0] && !changed?.owed?.some(({ kind }) => kind === 'drop-source')) {
      await Promise.allSettled(kept.map((asset) => assets.drop(asset)));
    }
  }

  return {
    begin(edit) {
      if (underWay.has(edit.id) || signal.aborted) return;
      underWay.add(edit.id);
      void keep(edit)
        .catch((err: unknown) => log.error({ edit: edit.id, err }, 'the original of an edit is not kept yet'))
        .finally(() => underWay.delete(edit.id));
    },
    stop() {
      stopping.abort(new Error('the process is stopping'));
      for (const end of [...waits]) end();
    },
  };
}
