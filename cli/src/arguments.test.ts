import { describe, expect, it } from 'vitest'
import { assignments, duration, integer } from './arguments.ts'
import { addressOf } from './settings.ts'

describe('arguments', () => {
  it('read times, numbers and assignments', () => {
    expect([duration('90s'), duration('10m'), duration('2h'), duration('0s')]).toEqual([90_000, 600_000, 7_200_000, 0])
    for (const wrong of ['', '10', 's', '-1s', '1.5h', '1w']) expect(() => duration(wrong)).toThrow()
    expect(integer(1)('7')).toBe(7)
    for (const wrong of ['0', '-1', '1.5', '1e3', 'x', '']) expect(() => integer(1)(wrong)).toThrow()
    expect(assignments(['a=1', 'b=x=y', 'c='])).toEqual({ a: 1, b: 'x=y', c: '' })
    expect(() => assignments(['=1'])).toThrow(/name=value/)
  })
})

describe('the server’s address', () => {
  const server = { address: 'http://127.0.0.1:9000' }

  it('comes from the settings, else from the running server, else is the default', () => {
    expect(addressOf({ MUSTER_PORT: '1234' }, server).address).toBe('http://127.0.0.1:1234')
    expect(addressOf({ PORT: '80', MUSTER_HOST: 'box' }, server).address).toBe('http://box:80')
    expect(addressOf({ MUSTER_HOST: '0.0.0.0' }, null).address).toBe('http://127.0.0.1:7700')
    expect(addressOf({ MUSTER_HOST: '::1' }, null).address).toBe('http://[::1]:7700')
    expect(addressOf({}, server)).toEqual({ address: server.address, address_from: 'data_directory' })
    expect(addressOf({}, null)).toEqual({ address: 'http://127.0.0.1:7700', address_from: 'default' })
  })
})
