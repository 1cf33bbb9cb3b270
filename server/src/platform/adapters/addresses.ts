/**
 * Guards outgoing requests whose addresses callers or documents name: only public addresses, and private ones that were
 * allowed (invariant 32). A name is resolved here and each of its addresses is tested; the request connects to a tested
 * address, so a second answer of the DNS changes nothing.
 */
import { lookup } from 'node:dns/promises'
import ipaddr from 'ipaddr.js'

export interface AddressGuardOptions {
  /** Private addresses that are allowed all the same: CIDR ranges, single addresses, or `loopback`. */
  readonly allow?: readonly string[] | undefined
  /** All addresses of a name; tests give their own. */
  readonly resolve?: ((hostname: string) => Promise<readonly string[]>) | undefined
}

export interface Address {
  readonly address: string
  readonly family: 4 | 6
}

/** The tested address of a host, or the refused one; undefined where the name has none. */
export type GuardResult = { readonly to: Address } | { readonly refused: string | undefined }

export function createAddressGuard(options: AddressGuardOptions): (hostname: string) => Promise<GuardResult> {
  const { resolve = resolveAll } = options
  const allowedRanges = (options.allow ?? []).flatMap((text) => (text === 'loopback' ? loopback : [text])).map(rangeOf)
  return async (host) => {
    const hostname = host.replace(/^\[|\]$/g, '')
    const addresses = ipaddr.isValid(hostname) ? [hostname] : await resolve(hostname)
    const refused = addresses.find((address) => !isReachable(address, allowedRanges))
    const [address] = addresses
    if (refused !== undefined || address === undefined) return { refused }
    return { to: { address, family: ipaddr.parse(address).kind() === 'ipv6' ? 6 : 4 } }
  }
}

const loopback = ['127.0.0.0/8', '::1/128']

type Range = readonly [ipaddr.IPv4 | ipaddr.IPv6, number]

function rangeOf(text: string): Range {
  if (text.includes('/')) return ipaddr.parseCIDR(text)
  const address = ipaddr.process(text)
  return [address, address.kind() === 'ipv4' ? 32 : 128]
}

/** Public, or in an allowed range. An IPv4-mapped address counts as the IPv4 address that it is. */
function isReachable(text: string, allowedRanges: readonly Range[]): boolean {
  const address = ipaddr.process(text)
  if (isPublic(address)) return true
  return allowedRanges.some(([network, bits]) => network.kind() === address.kind() && address.match(network, bits))
}

/** What IANA has given out for global unicast (RFC 4291 §2.4); all the rest, such as `::127.0.0.1`, is special or unassigned. */
const [global_unicast, global_unicast_bits] = ipaddr.parseCIDR('2000::/3')

function isPublic(address: ipaddr.IPv4 | ipaddr.IPv6): boolean {
  if (address.range() !== 'unicast') return false
  if (address.kind() === 'ipv4') return true
  // The library has no type guard for the kind, which was just tested.
  const { parts } = address as ipaddr.IPv6
  return address.match(global_unicast, global_unicast_bits) && !leadsToIpv4(parts)
}

/** ISATAP hides an IPv4 address in the interface's part of any prefix (RFC 5214 §6.1). */
function leadsToIpv4(parts: readonly number[]): boolean {
  return (parts[4] === 0 || parts[4] === 0x200) && parts[5] === 0x5efe
}

async function resolveAll(hostname: string): Promise<readonly string[]> {
  return (await lookup(hostname, { all: true, verbatim: true })).map(({ address }) => address)
}
