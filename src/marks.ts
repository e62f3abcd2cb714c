// `npm run marks -- FILE…`: says what the mark in a picture tells, such as one that was saved from Discord.
import { readFileSync } from 'node:fs';
import { asError } from './errors.ts';
import { readMark } from './picture/mark.ts';
import { inspectPicture } from './picture/picture.ts';

const files = process.argv.slice(2);
if (files.length === 0) {
  process.stderr.write('Which picture? npm run marks -- picture.png\n');
  process.exitCode = 1;
}
for (const file of files) {
  try {
    const bytes = readFileSync(file);
    const { format, width, height } = await inspectPicture([bytes]);
    const found = Object.entries(readMark(format, [bytes]));
    process.stdout.write(`${file}: ${format.toUpperCase()}, ${width} × ${height}\n`);
    for (const [name, value] of found) process.stdout.write(`  ${name}: ${value}\n`);
    if (found.length === 0) {
      process.stdout.write('  no mark\n');
      process.exitCode = 1;
    }
  } catch (thrown) {
    process.stderr.write(`${file}: ${asError(thrown).message}\n`);
    process.exitCode = 1;
  }
}
