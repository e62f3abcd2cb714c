// The output files and their presigned URLs: signed anew whenever a run is shown, 403 once expired.
import type { FastifyInstance } from 'fastify';
import { type Presigner, refusePresigned, sendXmlError } from './presign.ts';
import type { Output, OutputEntry, OutputFile, Run } from './run.ts';

export type OutputUrls = {
  /** The run's output with fresh URLs; a plan may want them without a signature. */
  sign(run: Run, addSignature?: boolean): Output | null;
  /** Expires every URL issued so far. */
  expire(run: Run): void;
};

/** The entry of a file before signing: a local path, or its bytes as a data: URI. */
export function describeFile(run: Run, file: OutputFile, index: number, inline: boolean): OutputEntry {
  const url = inline
    ? `data:${file.type};base64,${file.bytes.toString('base64')}`
    : `/outputs/${run.id}/${index}.${file.type.slice('image/'.length)}`;
  return { url, type: 'image', content_type: file.type };
}

/** Serves `/outputs/…` on the app. */
export function createOutputUrls(
  app: FastifyInstance,
  runs: ReadonlyMap<string, Run>,
  presigner: Presigner,
  options: { origin: () => string; lifeMs: number },
): OutputUrls {
  const cutCounts = new Map<string, number>();

  app.get<{ Params: { run: string; file: string } }>('/outputs/:run/:file', async (request, reply) => {
    const run = runs.get(request.params.run);
    const verdict = presigner.check(request.url, run?.revokedIssue);
    const refused = refusePresigned(reply, verdict, request.headers.authorization);
    if (refused) return refused;
    const file = run?.files[Number.parseInt(request.params.file, 10)];
    if (!run || !file) return sendXmlError(reply, 404, 'NoSuchKey', 'The specified key does not exist');

    const path = `${request.params.run}/${request.params.file}`;
    const cut = cutCounts.get(path) ?? 0;
    if (request.method === 'GET' && cut < (run.plan.cutDownloads ?? 0)) {
      cutCounts.set(path, cut + 1);
      reply.hijack();
      reply.raw.writeHead(200, { 'content-type': file.type, 'content-length': file.bytes.length });
      reply.raw.write(file.bytes.subarray(0, file.bytes.length >> 1), () => request.raw.socket.destroy());
      return reply;
    }
    return reply.type(file.type).header('etag', `"${run.id}-${request.params.file}"`).send(file.bytes);
  });

  return {
    sign(run, addSignature = false) {
      if (!run.output) return null;
      const stale = (run.plan.staleUrls ?? 0) > 0;
      if (stale) run.plan.staleUrls = (run.plan.staleUrls ?? 0) - 1;
      const bare = run.plan.unsigned === true && !addSignature;
      const fresh = (url: string) => {
        if (url.startsWith('data:')) return url;
        return options.origin() + (bare ? url : presigner.sign(url, stale ? -1000 : options.lifeMs));
      };
      if ('image_urls' in run.output) return { image_urls: run.output.image_urls.map(fresh) };
      return { ...run.output, outputs: run.output.outputs.map((entry) => ({ ...entry, url: fresh(entry.url) })) };
    },
    expire(run) {
      run.revokedIssue = presigner.issued();
    },
  };
}
