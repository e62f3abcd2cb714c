// Entry point of `source/`: the originals of edits, for as long as people may go on from them. An attachment's address ends
// after about a day, so the original is put away at Runflow once its result is posted, where every process finds it.
import type { Clock } from '../clock.ts';
import type { Messenger } from '../discord/messenger.ts';
import { hasExpired, urlExpiry } from '../discord/signed-urls.ts';
import { assetOf } from '../edit/intake.ts';
import type { Edit } from '../edit/record.ts';
import type { Records } from '../edit/records.ts';
import type { Change, Payer, Payers } from '../edit/step.ts';
import type { Timing } from '../edit/timing.ts';
import { DiscordTrouble, RunflowError, UserError } from '../errors.ts';
import type { Log } from '../log.ts';
import type { Assets } from '../runflow/assets.ts';
import type { Downloads } from '../runflow/downloads.ts';
import { createKeep, type KeepSource } from './keep.ts';

export type SourceFeature = {
  /** Begins to put an original away, unless that is under way; the record says when it is done. */
  keep: KeepSource['begin'];
  /**
   * Addresses of an edit's original that work now; undefined when it is gone for good.
   * @throws {UserError} when it cannot be had right now
   */
  addresses(edit: Edit): Promise<readonly string[] | undefined>;
  payers: Pick<Payers, 'drop-source'>;
  /** Stops what is under way: it stays owed. */
  stop(): void;
};

/** A run may wait in line before its pictures are fetched. */
const marginMs = 10 * 60_000;

export function createSource(options: {
  assets: Assets;
  openPicture: Downloads['open'];
  messenger: Pick<Messenger, 'files'>;
  records: Pick<Records, 'load'>;
  change: Change;
  clock: Clock;
  timing: Timing;
  log: Log;
}): SourceFeature {
  const { assets, messenger, clock, log } = options;
  const { begin, stop } = createKeep(options);

  /** The addresses of a kept original; undefined when one of its pictures is gone. */
  async function readKept(ids: readonly string[]): Promise<string[] | undefined> {
    const found = await Promise.all(ids.map((id) => assets.address(id)));
    const there = found.filter((address) => address !== undefined);
    return there.length === ids.length ? there : undefined;
  }

  /** The picture that was edited, in the message that shows it. */
  async function readParent({ parent, input }: Edit): Promise<string[] | undefined> {
    if (!parent || input.image_urls.length !== 1) return undefined;
    const file = (await messenger.files(parent))?.[parent.picture];
    return file && [file.url];
  }

  /** The addresses that a run was given: of what was converted, where a picture was; undefined when that is gone. */
  async function withConverted(edit: Edit): Promise<string[] | undefined> {
    const found = await Promise.all(
      edit.input.image_urls.map((url, picture) => {
        const asset = assetOf(edit, picture);
        return asset === undefined ? url : assets.address(asset);
      }),
    );
    const there = found.filter((address) => address !== undefined);
    return there.length === found.length ? there : undefined;
  }

  async function find(edit: Edit): Promise<readonly string[] | undefined> {
    const urls = edit.intake ? await withConverted(edit) : edit.input.image_urls;
    if (!urls) return undefined;
    const isSigned = urls.every((url) => urlExpiry(url) !== undefined);
    if (isSigned && !hasExpired(urls, clock.now() + marginMs)) return urls;
    const other = (edit.kept && (await readKept(edit.kept))) ?? (await readParent(edit));
    // The last minutes of an address, and one that does not say when it ends.
    return other ?? (hasExpired(urls, clock.now()) ? undefined : urls);
  }

  const drop: Payer<'drop-source'> = async (edit, duty) => {
    for (const id of duty.assets) {
      try {
        await assets.drop(id);
      } catch (err) {
        if (!(err instanceof RunflowError) || err.kind !== 'rejected') throw err;
        log.warn({ edit: edit.id, err }, 'Runflow does not delete the original of an edit');
      }
    }
    return undefined;
  };

  return {
    keep: begin,
    stop,
    async addresses(edit) {
      try {
        return await find(edit);
      } catch (error) {
        if (!(error instanceof RunflowError || error instanceof DiscordTrouble)) throw error;
        throw new UserError((t) => t.run.pictureAway, { cause: error });
      }
    },
    payers: { 'drop-source': drop },
  };
}
