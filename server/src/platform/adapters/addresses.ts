/**
 * Which addresses a request that people or documents name may reach: public ones, and those private ones that were
 * allowed. A name is resolved here and every address it has is tested; who connects does so to the tested address, so
 * that a second answer of the DNS changes nothing.
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

/** Where a host leads to, or the address that is refused; undefined where the name has none. */
export type Guarded = { readonly to: Address } | { readonly refused: string | undefined }

export function createAddressGuard(options: AddressGuardOptions): (hostname: string) => Promise<Guarded> {
  const { resolve = resolveAll } = options
  const allowed = (options.allow ?? []).flatMap((text) => (text === 'loopback' ? loopback : [text])).map(rangeOf)
  return async (given) => {
    const hostname = given.replace(/^\[|\]$/g, '')
    const addresses = ipaddr.isValid(hostname) ? [hostname] : await resolve(hostname)
    const refused = addresses.find((address) => !isReachable(address, allowed))
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

/** Public unicast, or in an allowed range. IPv4 in an IPv6 coat is taken out of it first. */
function isReachable(text: string, allowed: readonly Range[]): boolean {
  const address = ipaddr.process(text)
  if (address.range() === 'unicast') return true
  return allowed.some(([network, bits]) => network.kind() === address.kind() && address.match(network, bits))
}

async function resolveAll(hostname: string): Promise<readonly string[]> {
  return (await lookup(hostname, { all: true, verbatim: true })).map(({ address }) => address)
}
