// The mark in every picture that is posted: XMP that says, in IPTC's terms, that a model made it, which one, when, and for
// which edit. It is put between the bytes as they came; nothing is decoded or copied. Sources: IPTC Photo Metadata Standard
// and NewsCodes (digital source type); XMP specification part 3 (where a format keeps XMP); WebP container specification.
import { crc32 } from 'node:zlib';
import { cut, type Pieces, sizeOf } from '../pieces.ts';
import { type Format, mostParts, type Part, partsOf } from './parts.ts';
import type { PictureInfo } from './picture.ts';

/** The edit of a picture; `createdAt` in milliseconds since the epoch. The mark is the same whenever it is posted. */
export type Marked = { id: string; model: string; createdAt: number };

/** More bytes than a mark takes, with what each format wants around it. */
export const markBytes = 4_096;

const sourceType = 'http://cv.iptc.org/newscodes/digitalsourcetype/compositeWithTrainedAlgorithmicMedia';

/** How each format names its XMP. */
const xmpNames: Record<Format, string> = {
  png: 'XML:com.adobe.xmp',
  jpeg: 'http://ns.adobe.com/xap/1.0/',
  webp: 'XMP ',
};

/** How libvips and ImageMagick keep XMP in a PNG. */
const rawXmp = 'Raw profile type xmp';

/** No part of a mark is longer than that: a model's path is. */
const longestValue = 300;
const quoted = (value: string) => value.slice(0, longestValue).replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);

function packet({ id, model, createdAt }: Marked): Buffer {
  const properties = {
    'Iptc4xmpExt:DigitalSourceType': sourceType,
    'Iptc4xmpExt:AISystemUsed': model,
    'xmp:CreatorTool': 'darkroom',
    'xmp:CreateDate': new Date(createdAt).toISOString(),
    'dc:identifier': `darkroom:edit:${id}`,
  };
  const attributes = Object.entries(properties).map(([name, value]) => `${name}="${quoted(value)}"`);
  return Buffer.from(
    `<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>` +
      `<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">` +
      `<rdf:Description rdf:about="" xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/"` +
      ` xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/"` +
      ` ${attributes.join(' ')}/></rdf:RDF></x:xmpmeta><?xpacket end="r"?>`,
  );
}

function number(value: number, bytes: 2 | 4): Buffer {
  const made = Buffer.alloc(bytes);
  made.writeUIntBE(value, 0, bytes);
  return made;
}

/** A text without compression, language or translation, before the picture's own bytes. */
function pngPart(xmp: Buffer): Buffer {
  const content = Buffer.concat([Buffer.from(`iTXt${xmpNames.png}\0\0\0\0\0`), xmp]);
  return Buffer.concat([number(content.length - 4, 4), content, number(crc32(content), 4)]);
}

function jpegPart(xmp: Buffer): Buffer {
  const content = Buffer.concat([Buffer.from(`${xmpNames.jpeg}\0`), xmp]);
  return Buffer.concat([Buffer.from([0xff, 0xe1]), number(content.length + 2, 2), content]);
}

function webpPart(name: string, content: Buffer): Buffer {
  const head = Buffer.alloc(8, name);
  head.writeUInt32LE(content.length, 4);
  return Buffer.concat([head, content, Buffer.alloc(content.length % 2)]);
}

/** What `VP8X` says of a picture with transparency, and of one with XMP. */
const alphaFlag = 0x10;
const xmpFlag = 0x04;

/** The header that a WebP needs to hold more than a picture. */
function webpHeader(pieces: Pieces, first: Part | undefined, { width, height }: PictureInfo): Buffer {
  if (first?.name === 'VP8X') {
    const header = Buffer.concat(cut(pieces, first.at, first.end));
    header.writeUInt8(header.readUInt8(8) | xmpFlag, 8);
    return header;
  }
  // VP8L: after its signature, 14 bits of width, 14 of height, and whether the picture is transparent.
  const isTransparent =
    first?.name === 'VP8L' && (cut(pieces, first.content + 4, first.content + 5)[0]?.[0] ?? 0) & 0x10;
  const content = Buffer.alloc(10);
  content.writeUInt8(xmpFlag | (isTransparent ? alphaFlag : 0), 0);
  content.writeUIntLE(width - 1, 4, 3);
  content.writeUIntLE(height - 1, 7, 3);
  return webpPart('VP8X', content);
}

/** Whether all parts are known, and the one that tells of the others is as long as it has to be. */
function isOrdinary(parts: readonly Part[]): boolean {
  const [first] = parts;
  return parts.length < mostParts && (first?.name !== 'VP8X' || first.end - first.content === 10);
}

/** A part as it stands there, made even where the last one lacks the byte for that. */
const even = (bytes: Buffer[]): Buffer[] => (sizeOf(bytes) % 2 === 0 ? bytes : [...bytes, Buffer.alloc(1)]);

function markWebp(pieces: Pieces, parts: readonly Part[], info: PictureInfo, xmp: Buffer): Pieces {
  const [first] = parts;
  const kept = parts.slice(first?.name === 'VP8X' ? 1 : 0).filter(({ name }) => name !== xmpNames.webp);
  const content = [
    Buffer.from('WEBP'),
    webpHeader(pieces, first, info),
    ...kept.flatMap(({ at, end }) => even(cut(pieces, at, end))),
    webpPart(xmpNames.webp, xmp),
  ];
  const head = Buffer.from('RIFF\0\0\0\0');
  head.writeUInt32LE(sizeOf(content), 4);
  return [head, ...content];
}

/** Where XMP stands in a PNG: behind its header; in a JPEG: behind the header of JFIF and what a camera wrote. */
function placeOf(format: Format, parts: readonly Part[]): number {
  if (format === 'png') return parts[0]?.end ?? 8;
  return parts.findLast(({ name }) => name === 'JFIF' || name === 'Exif')?.end ?? 2;
}

/** The picture with its mark, in place of XMP that it had; everything else of it stays as it is. */
export function markPicture(pieces: Pieces, info: PictureInfo, edit: Marked): Pieces {
  const { format } = info;
  const parts = partsOf(format, pieces);
  const xmp = packet(edit);
  // Rather without a mark than with a picture that is no longer one.
  if (format === 'webp') return isOrdinary(parts) ? markWebp(pieces, parts, info, xmp) : pieces;
  const place = placeOf(format, parts);
  const former = parts.filter(({ name }) => name === xmpNames[format] || name === rawXmp);
  /** What stands there from one position to another, without XMP that it had. */
  const rest = (from: number, to?: number) => {
    const within = former.filter(({ at }) => at >= from && at < (to ?? Number.POSITIVE_INFINITY));
    const starts = [from, ...within.map(({ end }) => end)];
    return starts.flatMap((start, index) => cut(pieces, start, within[index]?.at ?? to));
  };
  return [...rest(0, place), format === 'png' ? pngPart(xmp) : jpegPart(xmp), ...rest(place)];
}

/** The properties of XMP that tell what a picture is, by their names there; none where it has no XMP. */
export function readMark(format: Format, pieces: Pieces): Record<string, string> {
  const part = partsOf(format, pieces).find(({ name }) => name === xmpNames[format]);
  if (!part) return {};
  const xmp = Buffer.concat(cut(pieces, part.content, part.end)).toString();
  const names = ['DigitalSourceType', 'AISystemUsed', 'CreatorTool', 'CreateDate', 'identifier'];
  return Object.fromEntries(
    names.flatMap((name) => {
      // As an attribute, which is how it is written here, or as an element.
      const [, attribute, element] = new RegExp(`:${name}(?:="([^"]*)"|>([^<]*)<)`).exec(xmp) ?? [];
      const value = (attribute ?? element)?.replace(/&#(\d+);/g, (_all, code) => String.fromCharCode(Number(code)));
      return value === undefined ? [] : [[name, value]];
    }),
  );
}
