// Fetching a run's input pictures, as the service does: every URL is really read, and what cannot be read or is not a
// picture ends the run as failed.
import sharp from 'sharp';

// The same bound as for uploads to the service.
const largestInput = 52_428_800;
const patienceMs = 10_000;

/** Why a run fails because of its inputs. */
export class InputProblem extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.name = 'InputProblem';
    this.code = code;
  }
}

async function read(address: string, signal: AbortSignal): Promise<Buffer> {
  if (address.startsWith('data:')) return Buffer.from(address.slice(address.indexOf(',') + 1), 'base64');
  const response = await fetch(address, { signal: AbortSignal.any([signal, AbortSignal.timeout(patienceMs)]) });
  if (!response.ok) {
    await response.body?.cancel();
    throw new Error(`answered ${response.status}`);
  }
  return Buffer.from(await response.arrayBuffer());
}

async function readPicture(address: string, place: number, signal: AbortSignal): Promise<Buffer> {
  let bytes: Buffer;
  try {
    bytes = await read(address, signal);
  } catch (error) {
    const reason = error instanceof Error ? error.message : 'unknown reason';
    throw new InputProblem('INPUT_FETCH_FAILED', `Input image ${place} could not be fetched: ${reason}`);
  }
  if (bytes.length > largestInput) throw new InputProblem('INPUT_TOO_LARGE', `Input image ${place} is too large`);
  const { format } = await sharp(bytes)
    .metadata()
    .catch(() => ({ format: undefined }));
  if (!format) throw new InputProblem('INPUT_NOT_AN_IMAGE', `Input image ${place} is not an image`);
  return bytes;
}

/** The inputs' bytes in order; throws `InputProblem`. */
export function readInputs(addresses: readonly string[], signal: AbortSignal): Promise<Buffer[]> {
  return Promise.all(addresses.map((address, index) => readPicture(address, index + 1, signal)));
}
