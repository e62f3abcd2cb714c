// Asset uploads in three steps: request a URL, PUT the bytes without the key, confirm and receive a readable URL, which a
// later read signs afresh.
import { randomUUID } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { recorded } from '../server.ts';
import { ApiError, check } from './errors.ts';
import { type Presigner, refusePresigned, sendXmlError } from './presign.ts';

export type Asset = {
  filename: string;
  mime_type: string;
  size_bytes: number;
  bytes: Buffer | undefined;
  confirmed: boolean;
};

const maxUploadBytes = 52_428_800;
// The documentation calls both URLs short-lived; one hour is an assumption.
const lifeMs = 3_600_000;

const uploadRequest = z.strictObject({
  filename: z.string().min(1).max(255),
  mime_type: z.string().regex(/^[\w.+-]+\/[\w.+-]+$/, 'Must be a media type'),
  size_bytes: z.int().min(1).max(maxUploadBytes),
});
const confirmation = z.strictObject({ folder_id: z.string().nullish() });

/** Adds the routes. @returns what is stored, by its id */
export function createUploads(app: FastifyInstance, presigner: Presigner, origin: () => string): Map<string, Asset> {
  const assets = new Map<string, Asset>();

  function showAsset(id: string, { filename, mime_type, size_bytes }: Asset): Record<string, unknown> {
    const url = origin() + presigner.sign(`/assets/${id}`, lifeMs);
    return { id, url, name: filename, mime_type, size_bytes };
  }

  app.post('/v1/asset-uploads', async (incoming, reply) => {
    const asset = check(uploadRequest, recorded(incoming).json);
    const id = randomUUID();
    assets.set(id, { ...asset, bytes: undefined, confirmed: false });
    return reply.code(201).send({ asset_id: id, upload_url: origin() + presigner.sign(`/uploads/${id}`, lifeMs) });
  });

  app.put<{ Params: { id: string } }>('/uploads/:id', async (incoming, reply) => {
    const refused = refusePresigned(reply, presigner.check(incoming.url), incoming.headers.authorization);
    if (refused) return refused;
    const asset = assets.get(incoming.params.id);
    if (!asset) return sendXmlError(reply, 404, 'NoSuchUpload', 'The specified upload does not exist');
    if (incoming.headers['content-type'] !== asset.mime_type) {
      return sendXmlError(reply, 403, 'SignatureDoesNotMatch', 'The Content-Type is not the one that was signed');
    }
    const bytes = Buffer.isBuffer(incoming.body) ? incoming.body : Buffer.alloc(0);
    if (bytes.length > maxUploadBytes) return sendXmlError(reply, 400, 'EntityTooLarge', 'The upload is too large');
    asset.bytes = bytes;
    return reply.code(200).send('');
  });

  app.post<{ Params: { id: string } }>('/v1/asset-uploads/:id/confirmations', async (incoming, reply) => {
    check(confirmation, recorded(incoming).json);
    const asset = assets.get(incoming.params.id);
    if (!asset) throw new ApiError(404, 'ASSET_NOT_FOUND', 'No such asset');
    if (!asset.bytes) throw new ApiError(409, 'UPLOAD_INCOMPLETE', 'Nothing has been uploaded yet');
    if (asset.bytes.length !== asset.size_bytes) throw new ApiError(409, 'SIZE_MISMATCH', 'Not as long as announced');
    asset.confirmed = true;
    return reply.code(201).send(showAsset(incoming.params.id, asset));
  });

  app.get<{ Params: { id: string } }>('/v1/assets/:id', async (incoming) => {
    const asset = assets.get(incoming.params.id);
    if (!asset?.confirmed) throw new ApiError(404, 'ASSET_NOT_FOUND', 'No such asset');
    return showAsset(incoming.params.id, asset);
  });

  // No page describes it; Runflow's own proxy lets it through where somebody allows that.
  app.delete<{ Params: { id: string } }>('/v1/assets/:id', async (incoming, reply) => {
    if (!assets.delete(incoming.params.id)) throw new ApiError(404, 'ASSET_NOT_FOUND', 'No such asset');
    return reply.code(204).send();
  });

  app.get<{ Params: { id: string } }>('/assets/:id', async (incoming, reply) => {
    const refused = refusePresigned(reply, presigner.check(incoming.url), incoming.headers.authorization);
    if (refused) return refused;
    const asset = assets.get(incoming.params.id);
    if (!asset?.bytes) return sendXmlError(reply, 404, 'NoSuchKey', 'The specified key does not exist');
    return reply.type(asset.mime_type).send(asset.bytes);
  });

  return assets;
}
