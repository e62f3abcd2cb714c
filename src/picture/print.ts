// The print of a picture (likeness.ts), made from its pixels. Only shrink-process.ts calls this, since it decodes.
import sharp from 'sharp';
import { type Print, printOf, printSide } from './likeness.ts';
import { isTooMuchToDecode, maxPixels } from './picture.ts';

/** The picture's print; undefined when it is too flat, or when decoding it would take too much memory. */
export async function printPicture(bytes: Buffer): Promise<Print | undefined> {
  const open = () => sharp(bytes, { limitInputPixels: maxPixels });
  if (isTooMuchToDecode(bytes, await open().metadata())) return undefined;
  const grey = await open()
    .autoOrient()
    .flatten({ background: 'white' })
    // A JPEG that is made small while it is decoded differs too much from the same picture in another size.
    .resize(printSide, printSide, { fit: 'fill', fastShrinkOnLoad: false })
    .greyscale()
    .toColourspace('b-w')
    .raw()
    .toBuffer();
  return printOf(grey);
}
