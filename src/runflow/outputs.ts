// The pictures of an output. Runflow's documents and its own clients show a dozen shapes for them; all are read, for the
// bytes behind the addresses are checked anyway.

export type Output = { url: string; width?: number; height?: number };

/** Where pictures stand, the documented place first. Only the first place that has any is read. */
const places = ['outputs', 'images', 'image_urls', 'image', 'image_url', 'output_url', 'output_urls', 'url', 'output'];
/** Where an item of these keeps its address. */
const addresses = ['url', 'image_url', 'output_url', 'image', 'uri', 'href'];

/** What nobody would call a picture. Unknown words, such as a file's ending, are left to the check of the bytes. */
const otherMedia = /^(?:video|audio|text|json|font|model|3d|mp4|webm|mp3|wav|application\/(?!octet-stream))/i;
const types = ['type', 'content_type', 'mime_type', 'media_type'];

/** Deeper nesting than `{ output: { outputs: [ { image: { url } } ] } }` is nothing that Runflow sends. */
const deepest = 4;

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Anything else, such as `runflow://`, cannot be fetched. `inline:` stands for a picture inside the answer itself. */
function isAddress(value: unknown): value is string {
  if (typeof value !== 'string' || !/^(?:https?:\/\/|data:|inline:\d+$)/i.test(value)) return false;
  const media = /^data:([^;,]*)/i.exec(value.slice(0, 200))?.[1];
  return media === undefined || !otherMedia.test(media);
}

function addressIn(item: Record<string, unknown>): string | undefined {
  for (const name of addresses) {
    const value = item[name];
    if (isAddress(value)) return value;
    if (isObject(value) && isAddress(value.url)) return value.url;
  }
  return undefined;
}

const isSize = (value: unknown): value is number => typeof value === 'number' && value > 0 && Number.isFinite(value);

/** Whether its type names it a picture; undefined where an unknown word leaves that open. */
function isPicture(item: Record<string, unknown>): boolean | undefined {
  const said = types.map((name) => item[name]).filter((type) => typeof type === 'string' && type !== '');
  if (said.some((type) => otherMedia.test(String(type).trim()))) return false;
  return said.length === 0 || said.some((type) => /^image/i.test(String(type).trim())) ? true : undefined;
}

function readItem(item: unknown): { output: Output; sure: boolean } | undefined {
  if (isAddress(item)) return { output: { url: item }, sure: true };
  if (!isObject(item)) return undefined;
  const url = addressIn(item);
  const picture = isPicture(item);
  if (url === undefined || picture === false) return undefined;
  const inner = isObject(item.image) ? item.image : {};
  const [width, height] = [item.width ?? inner.width, item.height ?? inner.height];
  return {
    output: { url, ...(isSize(width) ? { width } : {}), ...(isSize(height) ? { height } : {}) },
    sure: picture === true,
  };
}

/** The pictures of an output, and all its items as they were sent. */
export function readPictures(output: unknown, depth = 0): { outputs: Output[]; items: readonly unknown[] } {
  if (Array.isArray(output) || typeof output === 'string') {
    const items: readonly unknown[] = Array.isArray(output) ? output : [output];
    const read = items.map(readItem).filter((item) => item !== undefined);
    // A mask or a preview beside the picture is not what was asked for.
    const sure = read.filter((item) => item.sure);
    return { outputs: (sure.length > 0 ? sure : read).map((item) => item.output), items };
  }
  if (!isObject(output) || depth >= deepest) return { outputs: [], items: [] };
  let empty: readonly unknown[] = [];
  for (const place of places) {
    const value = output[place];
    // A single object is an item itself, or holds the items in turn.
    const own = isObject(value) && readItem(value) ? [value] : value;
    // The type beside a lone address is that address's.
    const lone = place === 'url' && isAddress(value) ? [output] : own;
    const found = readPictures(lone, depth + 1);
    if (found.outputs.length > 0) return found;
    if (empty.length === 0) empty = found.items;
  }
  return { outputs: [], items: empty };
}
