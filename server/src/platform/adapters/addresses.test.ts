import { describe, expect, it } from 'vitest'
import { createAddressGuard } from './addresses.ts'

const guard = createAddressGuard({ resolve: async () => [] })
const loopback = createAddressGuard({ allow: ['loopback'] })
/** As a URL spells it, which is what is asked about. */
const hostOf = (address: string) => new URL(`http://${address.includes(':') ? `[${address}]` : address}/`).hostname

describe('an address that a request may not reach', () => {
  it.each([
    ...['127.0.0.1', '127.1', '2130706433', '0x7f.1', '0', '10.1.2.3', '169.254.169.254', '100.64.0.1', '192.0.0.1'],
    ...['198.18.0.1', '224.0.0.1', '240.0.0.1', '255.255.255.255'],
    ...['::', '::1', '::127.0.0.1', '::7f00:1', '::10.0.0.1', '::a9fe:a9fe', '::8.8.8.8', '::2'],
    ...['::ffff:127.0.0.1', '::ffff:7f00:1', '0:0:0:0:0:FFFF:10.0.0.1', '::ffff:0:127.0.0.1'],
    ...['64:ff9b::127.0.0.1', '64:ff9b::8.8.8.8', '64:ff9b:1::7f00:1', '64:ff9b:1:fffe::a00:1'],
    ...['2002:7f00:1::', '2002:808:808::1', '2001:0:4136:e378:8000:63bf:3fff:fdd2', '2001::1'],
    ...['2001:db7::5efe:10.0.0.1', '2606:4700::200:5efe:7f00:1'],
    ...[
      'fe80::1',
      'fc00::1',
      'fd12::1',
      'fec0::1',
      'ff02::1',
      '100::1',
      '2001:db8::1',
      '3fff::1',
      '5f00::1',
      '4000::1',
    ],
  ])('is %s', async (address) => {
    expect(await guard(hostOf(address))).toHaveProperty('refused')
  })

  it('is none that is public', async () => {
    for (const address of ['8.8.8.8', '2606:4700::1111', '::ffff:8.8.8.8', '2a00:1450:4001:800::200e'])
      expect(await guard(hostOf(address))).toHaveProperty('to')
  })

  it('may be allowed, by its own range and by no disguise', async () => {
    for (const address of ['127.0.0.1', '::1', '::ffff:127.0.0.1'])
      expect(await loopback(hostOf(address))).toHaveProperty('to')
    for (const address of ['::127.0.0.1', '64:ff9b::7f00:1', '2002:7f00:1::', '10.0.0.1'])
      expect(await loopback(hostOf(address))).toHaveProperty('refused')
  })

  it('is one of those that a name has', async () => {
    const named = (...found: string[]) => createAddressGuard({ resolve: async () => found })('name.test')
    expect(await named('8.8.8.8', '::7f00:1')).toEqual({ refused: '::7f00:1' })
    expect(await named('8.8.8.8')).toEqual({ to: { address: '8.8.8.8', family: 4 } })
  })
})
