// Parses multipart/form-data (RFC 7578) without copying: the stand-ins handle thousands of pictures of several
// megabytes, and their cost must not distort measurements of the bot.

export type Part = { field: string; name: string | undefined; type: string; bytes: Buffer };

const lineEnd = Buffer.from('\r\n');
const headEnd = Buffer.from('\r\n\r\n');

/** The boundary in a Content-Type. Throws if there is none. */
function boundaryOf(contentType: string): Buffer {
  const [, quoted, bare] = /;\s*boundary=(?:"([^"]+)"|([^;\s]+))/i.exec(contentType) ?? [];
  const boundary = quoted ?? bare;
  if (boundary === undefined) throw new Error('a multipart body without a boundary');
  return Buffer.from(`--${boundary}`);
}

/** A parameter of a Content-Disposition; browsers and undici percent-encode line breaks and quotes in it. */
function parameter(disposition: string, name: string): string | undefined {
  const [, quoted, bare] = new RegExp(`;\\s*${name}=(?:"([^"]*)"|([^;\\s"]+))`, 'i').exec(disposition) ?? [];
  return (quoted ?? bare)?.replace(/%(0A|0D|22)/gi, (_, code: string) =>
    String.fromCharCode(Number.parseInt(code, 16)),
  );
}

function readPart(head: string, bytes: Buffer): Part {
  const headers = new Map<string, string>();
  for (const line of head.split('\r\n')) {
    const colon = line.indexOf(':');
    if (colon > 0) headers.set(line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim());
  }
  const disposition = headers.get('content-disposition') ?? '';
  const field = parameter(disposition, 'name');
  if (!/^form-data\b/i.test(disposition) || field === undefined) throw new Error('a part without a name');
  const name = parameter(disposition, 'filename');
  return {
    field,
    name,
    type: headers.get('content-type') ?? (name === undefined ? '' : 'application/octet-stream'),
    bytes,
  };
}

/** A boundary may be followed by spaces. */
function skipPadding(body: Buffer, from: number): number {
  let at = from;
  while (body[at] === 0x20 || body[at] === 0x09) at += 1;
  return at;
}

/** The parts in order, as views into `body`. Throws if the body is incomplete. */
export function readMultipart(body: Buffer, contentType: string): Part[] {
  const boundary = boundaryOf(contentType);
  const next = Buffer.concat([lineEnd, boundary]);
  const parts: Part[] = [];
  // Whatever stands before the first boundary and after the last is to be ignored, be it only an empty line.
  const first = body.subarray(0, boundary.length).equals(boundary) ? -lineEnd.length : body.indexOf(next);
  if (first === -1) throw new Error('the body has no boundary');
  let at = skipPadding(body, first + next.length);
  while (body.subarray(at, at + 2).equals(lineEnd)) {
    const headStart = at + 2;
    const headStop = body.indexOf(headEnd, headStart);
    const stop = headStop < 0 ? -1 : body.indexOf(next, headStop + 2);
    if (stop < 0) throw new Error('a part that does not end');
    const bytes = body.subarray(Math.min(headStop + headEnd.length, stop), stop);
    parts.push(readPart(body.toString('utf8', headStart, headStop), bytes));
    at = skipPadding(body, stop + next.length);
  }
  if (body.toString('latin1', at, at + 2) !== '--') throw new Error('the body does not end with its boundary');
  return parts;
}
