// Which addresses pictures may come from: public ones, and the ranges that the operator trusts.
import { type LookupOptions, lookup as lookupAddress } from 'node:dns';
import { BlockList, isIP } from 'node:net';
import { DownloadError } from '../errors.ts';

/** An address range in CIDR notation, in its parts. */
export type Range = { address: string; prefix: number; family: 'ipv4' | 'ipv6' };

const familyOf = (address: string): Range['family'] => (isIP(address) === 6 ? 'ipv6' : 'ipv4');

/** Reads `198.18.0.0/15` or a single address; undefined when it is neither. */
export function readRange(text: string): Range | undefined {
  const [, address = '', length] = /^([^/]+)(?:\/(\d{1,3}))?$/.exec(text) ?? [];
  const bits = { 0: 0, 4: 32, 6: 128 }[isIP(address)] ?? 0;
  const prefix = length === undefined ? bits : Number(length);
  // A zone names an interface of this machine.
  if (bits === 0 || prefix > bits || address.includes('%')) return undefined;
  return { address, prefix, family: familyOf(address) };
}

function createList(ranges: readonly Range[]): BlockList {
  const list = new BlockList();
  for (const { address, prefix, family } of ranges) list.addSubnet(address, prefix, family);
  return list;
}

// Loopback, private, link-local, carrier-grade NAT, documentation, multicast and reserved ranges, from IANA's
// special-purpose address registries. What holds an IPv4 address in an outdated way stays out altogether.
const special = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/3',
  // Unspecified, loopback, and the old notations for IPv4 addresses
  '::/96',
  '::ffff:0:0:0/96',
  // A network's own NAT64: where the IPv4 address stands in these is that network's affair (RFC 8215).
  '64:ff9b:1::/48',
  '100::/64',
  '2001::/23',
  '2001:db8::/32',
  '2002::/16',
  '3fff::/20',
  '5f00::/16',
  'fc00::/7',
  'fe80::/10',
  'fec0::/10',
  'ff00::/8',
];
const notPublic = createList(special.map(readRange).filter((range) => range !== undefined));
const translated = createList([{ address: '64:ff9b::', prefix: 96, family: 'ipv6' }]);

/** The IPv4 address that NAT64 reaches through this one (RFC 6052 2.2), or the address itself. */
function reachedThrough(address: string): string {
  if (familyOf(address) === 'ipv4' || !translated.check(address, 'ipv6')) return address;
  // In the one spelling that URL knows, the last two groups are the IPv4 address; a group of zeros may be left out.
  const [, groups = ''] = /^\[64:ff9b::(.*)\]$/.exec(new URL(`http://[${address.split('%')[0]}]`).hostname) ?? [];
  const [low = '0', high = '0'] = groups.split(':').reverse();
  const [upper, lower] = [Number.parseInt(high || '0', 16), Number.parseInt(low || '0', 16)];
  return [upper >> 8, upper & 255, lower >> 8, lower & 255].join('.');
}

/** Whether an IP address is public. IPv4 inside IPv6 counts as IPv4. */
export function isPublicAddress(address: string): boolean {
  if (isIP(address) === 0) return false;
  const reached = reachedThrough(address);
  return !notPublic.check(reached, familyOf(reached));
}

/** Whether pictures may come from an address. */
export type MayFetch = (address: string) => boolean;

/** Addresses that the operator trusts: an object store in the own network, a proxy that makes addresses up. */
export function createTrust(ranges: readonly Range[]): MayFetch {
  const trusted = createList(ranges);
  const isIn = (address: string) => trusted.check(address, familyOf(address));
  return (address) => isIP(address) !== 0 && (isIn(address) || isIn(reachedThrough(address)));
}

type Found = (error: Error | null, addresses: { address: string; family: number }[]) => void;

/** Why nothing is fetched from a host. */
export function refusal(host: string, addresses: readonly string[]): DownloadError {
  const where = addresses.includes(host) ? '' : ` (${addresses.join(', ')})`;
  return new DownloadError('refused', `${host} is not a public address${where}, nor in TRUSTED_RANGES`);
}

/** Looks up a host's addresses and keeps those that pictures may come from; an error when there is none. */
export function lookupAllowed(hostname: string, options: LookupOptions, mayFetch: MayFetch, found: Found): void {
  lookupAddress(hostname, { ...options, all: true }, (error, addresses) => {
    if (error) return found(error, []);
    // One bad address says nothing about the others.
    const allowed = addresses.filter(({ address }) => mayFetch(address));
    if (allowed.length > 0) return found(null, allowed);
    const all = addresses.map(({ address }) => address);
    return found(refusal(hostname, all), []);
  });
}
