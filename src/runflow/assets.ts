// Files of ours at Runflow: uploaded in three steps, signed afresh on each read, deleted. The documents show deleting only
// as a path that their own proxy may let through; where it is not possible, the file stays until Runflow removes it.
import { Readable } from 'node:stream';
import { type Dispatcher, request } from 'undici';
import { z } from 'zod';
import { asError, RunflowError } from '../errors.ts';
import { type Pieces, sizeOf } from '../pieces.ts';

export type NewAsset = { name: string; type: string; pieces: Pieces };

export type Assets = {
  /** Uploads a file. @returns its id. @throws {RunflowError} */
  upload(file: NewAsset, signal: AbortSignal): Promise<string>;
  /** A fresh address; undefined when Runflow does not have it any more. @throws {RunflowError} */
  address(id: string, signal?: AbortSignal): Promise<string | undefined>;
  /** Deletes a file; succeeds if it is already gone. @throws {RunflowError} */
  drop(id: string): Promise<void>;
};

/** Asks Runflow's API; the answer as JSON. @throws {RunflowError} */
export type AskRunflow = (
  method: 'GET' | 'POST' | 'DELETE',
  path: string,
  body?: unknown,
  signal?: AbortSignal,
) => Promise<unknown>;

const sessionShape = z.object({ asset_id: z.string().min(1), upload_url: z.string().min(1) });
const assetShape = z.object({ id: z.string().min(1), url: z.string().min(1) });

/** Of silence, while storage takes the bytes. */
const uploadMs = 60_000;

export function createAssets(ask: AskRunflow, dispatcher: Dispatcher): Assets {
  function read<Result>(shape: z.ZodType<Result>, json: unknown, what: string): Result {
    const found = shape.safeParse(json);
    if (!found.success) throw new RunflowError('unknown', `${what}: answered without what was asked for`);
    return found.data;
  }

  /** Straight to the object store: its address is signed, and a key beside it is refused. */
  async function put(url: string, { type, pieces }: NewAsset, signal: AbortSignal): Promise<void> {
    let status: number;
    try {
      const answer = await request(url, {
        method: 'PUT',
        dispatcher,
        headersTimeout: uploadMs,
        bodyTimeout: uploadMs,
        headers: { 'content-type': type, 'content-length': String(sizeOf(pieces)) },
        body: Readable.from(pieces, { objectMode: false }),
        signal,
      });
      status = answer.statusCode;
      await answer.body.dump();
    } catch (thrown) {
      throw new RunflowError('unknown', `PUT of an upload: ${asError(thrown).message}`, { cause: thrown });
    }
    // A signature that has ended is made anew with the next try.
    if (status >= 300) throw new RunflowError('unknown', `PUT of an upload: ${status}`, { status });
  }

  async function unlessMissing<Result>(asked: Promise<Result>): Promise<Result | undefined> {
    try {
      return await asked;
    } catch (error) {
      if (error instanceof RunflowError && error.status === 404 && error.kind === 'rejected') return undefined;
      throw error;
    }
  }

  return {
    async upload(file, signal) {
      const wanted = { filename: file.name, mime_type: file.type, size_bytes: sizeOf(file.pieces) };
      const session = read(sessionShape, await ask('POST', '/v1/asset-uploads', wanted, signal), 'POST asset-uploads');
      await put(session.upload_url, file, signal);
      const path = `/v1/asset-uploads/${encodeURIComponent(session.asset_id)}/confirmations`;
      return read(assetShape, await ask('POST', path, {}, signal), 'POST confirmations').id;
    },

    async address(id, signal) {
      const json = await unlessMissing(ask('GET', `/v1/assets/${encodeURIComponent(id)}`, undefined, signal));
      return json === undefined ? undefined : read(assetShape, json, 'GET assets').url;
    },

    async drop(id) {
      await unlessMissing(ask('DELETE', `/v1/assets/${encodeURIComponent(id)}`));
    },
  };
}
