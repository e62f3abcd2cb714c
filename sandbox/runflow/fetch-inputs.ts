// Fetches a run's input pictures like the service. A URL that cannot be fetched or is not a picture fails the run.
import sharp from 'sharp';

// The same bound as for uploads to the service.
const maxInputBytes = 52_428_800;
const timeoutMs = 10_000;

/** Why a run fails because of its inputs. */
export class InputError extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.name = 'InputError';
    this.code = code;
  }
}

async function fetchBytes(address: string, signal: AbortSignal): Promise<Buffer> {
  if (address.startsWith('data:')) return Buffer.from(address.slice(address.indexOf(',') + 1), 'base64');
  const response = await fetch(address, { signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]) });
  if (!response.ok) {
    await response.body?.cancel();
    throw new Error(`answered ${response.status}`);
  }
  return Buffer.from(await response.arrayBuffer());
}

async function fetchPicture(address: string, place: number, signal: AbortSignal): Promise<Buffer> {
  let bytes: Buffer;
  try {
    bytes = await fetchBytes(address, signal);
  } catch (error) {
    const reason = error instanceof Error ? error.message : 'unknown reason';
    throw new InputError('INPUT_FETCH_FAILED', `Input image ${place} could not be fetched: ${reason}`);
  }
  if (bytes.length > maxInputBytes) throw new InputError('INPUT_TOO_LARGE', `Input image ${place} is too large`);
  const { format } = await sharp(bytes)
    .metadata()
    .catch(() => ({ format: undefined }));
  if (!format) throw new InputError('INPUT_NOT_AN_IMAGE', `Input image ${place} is not an image`);
  return bytes;
}

/** The bytes of the inputs, in order; throws `InputError`. */
export function fetchInputs(addresses: readonly string[], signal: AbortSignal): Promise<Buffer[]> {
  return Promise.all(addresses.map((address, index) => fetchPicture(address, index + 1, signal)));
}
