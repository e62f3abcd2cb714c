// Which addresses pictures may come from: public ones, and the ranges that the operator trusts.
import { type LookupOptions, lookup } from 'node:dns';
import { BlockList, isIP } from 'node:net';
import { DownloadError } from '../errors.ts';

const familyOf = (address: string): 'ipv4' | 'ipv6' => (isIP(address) === 6 ? 'ipv6' : 'ipv4');

/** @param ranges in CIDR notation, or single addresses; the configuration has checked those of the operator */
function createList(ranges: readonly string[]): BlockList {
  const list = new BlockList();
  for (const range of ranges) {
    const [address = '', prefix] = range.split('/');
    if (prefix === undefined) list.addAddress(address, familyOf(address));
    else list.addSubnet(address, Number(prefix), familyOf(address));
  }
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
const notPublic = createList(special);
const translated = createList(['64:ff9b::/96']);

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

export type Scheme = 'http' | 'https';

/** Which addresses pictures may come from by a scheme, and why not from others. */
export type Rule = {
  allows(address: string): boolean;
  refuse(host: string, addresses: readonly string[]): DownloadError;
};

/**
 * By https from public addresses and those that the operator trusts (an object store in the own network, a proxy that makes
 * addresses up), by plain http from trusted ones alone.
 */
export function createRules(trustedRanges: readonly string[]): Record<Scheme, Rule> {
  const trusted = createList(trustedRanges);
  const isIn = (address: string) => trusted.check(address, familyOf(address));
  const isTrusted = (address: string) => isIP(address) !== 0 && (isIn(address) || isIn(reachedThrough(address)));
  const where = (host: string, addresses: readonly string[]) =>
    addresses.includes(host) ? host : `${host} (${addresses.join(', ')})`;
  return {
    https: {
      allows: (address) => isPublicAddress(address) || isTrusted(address),
      refuse: (host, addresses) =>
        new DownloadError('refused', `${where(host, addresses)} is not a public address, nor in TRUSTED_RANGES`),
    },
    http: {
      allows: isTrusted,
      refuse: (host, addresses) =>
        new DownloadError(
          'refused',
          `pictures are fetched over https only, and ${where(host, addresses)} is not in TRUSTED_RANGES`,
        ),
    },
  };
}

type Addresses = readonly { address: string; family: number }[];

/** Looks up all of a host's addresses. */
export type Lookup = (
  hostname: string,
  options: LookupOptions,
  found: (error: Error | null, addresses: Addresses) => void,
) => void;

export const systemLookup: Lookup = (hostname, options, found) => lookup(hostname, { ...options, all: true }, found);

/** Looks up those of a host's addresses that pictures may come from; an error when there is none. */
export function lookupAllowed(rule: Rule, lookUp: Lookup): Lookup {
  return (hostname, options, found) =>
    lookUp(hostname, options, (error, addresses) => {
      if (error) return found(error, []);
      // One bad address says nothing about the others.
      const allowed = addresses.filter(({ address }) => rule.allows(address));
      if (allowed.length > 0) return found(null, allowed);
      return found(
        rule.refuse(
          hostname,
          addresses.map(({ address }) => address),
        ),
        [],
      );
    });
}
