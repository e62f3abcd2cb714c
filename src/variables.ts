// What a variable of the environment may look like, and how its mistakes are named.
import { isIP } from 'node:net';
import { z } from 'zod';

export const url = (protocols: readonly string[]) =>
  z
    .string()
    .refine((text) => URL.canParse(text) && protocols.includes(new URL(text).protocol), {
      error: `must be a URL that starts with ${protocols.map((protocol) => `${protocol}//`).join(' or ')}`,
      abort: true,
    })
    .transform((text) => text.replace(/\/+$/, ''));

export const http = url(['http:', 'https:'])
  .refine((text) => !/[?#]/.test(text), { error: 'must end before ? and #: paths are added to it' })
  .refine((text) => new URL(text).username === '' && new URL(text).password === '', {
    error: 'must not contain a user or password',
  });
/** @param added what the bot adds to it by itself @param version what it may look like */
export const httpWithout = (added: string, version: RegExp) =>
  http.refine((text) => !version.test(text), { error: `must not end in ${added}: the bot adds it` });
export const flag = z.enum(['true', 'false'], { error: 'must be true or false' }).transform((text) => text === 'true');
export const port = z
  .string()
  .regex(/^\d{1,5}$/, { error: 'must be a port number' })
  .transform(Number)
  .refine((number) => number <= 65_535, { error: 'must be a port number up to 65535' });
export const list = z
  .string()
  .default('')
  .transform((text) =>
    text
      .split(',')
      .map((entry) => entry.trim())
      .filter((entry) => entry !== ''),
  );
/** @param scheme the word that stands before it in a header, and is added there */
export const credential = (what: string, scheme: string) =>
  z
    .string({ error: `is required: ${what}` })
    .refine((text) => !text.toLowerCase().startsWith(`${scheme.toLowerCase()} `), {
      error: `must not start with "${scheme} ": the bot adds it`,
      abort: true,
    })
    .refine((text) => /^[!-~]+$/.test(text), { error: 'must be one word of plain letters, digits and signs' });
/** An IP address, and perhaps how many of its bits a range has in common. */
function isRange(text: string): boolean {
  const [, address = '', bits = '0'] = /^([^/%]+)(?:\/(\d{1,3}))?$/.exec(text) ?? [];
  return isIP(address) !== 0 && Number(bits) <= (isIP(address) === 4 ? 32 : 128);
}

export const amount = (unitMs: number, [least, most]: readonly [number, number], unit: string) =>
  z.coerce
    .number({ error: `must be a number of ${unit}` })
    .min(least, { error: `must be at least ${least} ${unit}` })
    .max(most, { error: `must be at most ${most} ${unit}` })
    .transform((value) => Math.round(value * unitMs));

export const ranges = list.superRefine((given, context) => {
  for (const range of given.filter((text) => !isRange(text))) {
    context.addIssue(`must be addresses or ranges such as 198.18.0.0/15, separated by commas; “${range}” is none`);
  }
});
