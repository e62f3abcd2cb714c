// An independent reader for the exports that the tests look into.

/** A reader of CSV after RFC 4180, written from the text of the standard. */
export function readCsv(text: string): string[][] {
  const rows: string[][] = [[]];
  const cells = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n|$)/gy;
  for (const [whole, quoted, plain = '', end] of text.replace(/^\uFEFF/, '').matchAll(cells)) {
    if (whole === '') break;
    rows.at(-1)?.push(quoted === undefined ? plain : quoted.replaceAll('""', '"'));
    if (end === '\r\n') rows.push([]);
  }
  return rows.filter((row) => row.length > 0);
}
