import { randomFillSync } from 'node:crypto'

const hex: readonly string[] = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))
const pool = new Uint8Array(4096)
let usedBytes = pool.length
let last_ms = 0
let sequence = 0

/**
 * A new UUIDv7 (RFC 9562 §5.7), monotonic within this process: the 12 bits after the version count up inside a
 * millisecond, so ids made one after the other also sort one after the other.
 */
export function newId(): string {
  const now = Date.now()
  if (now > last_ms) {
    last_ms = now
    sequence = 0
  } else if (++sequence > 0xfff) {
    last_ms += 1
    sequence = 0
  }
  const at = takeRandom(8)
  const high = Math.floor(last_ms / 0x1_0000_0000)
  const low = last_ms >>> 0
  return (
    byte(high >>> 8) +
    byte(high) +
    byte(low >>> 24) +
    byte(low >>> 16) +
    '-' +
    byte(low >>> 8) +
    byte(low) +
    '-' +
    byte(0x70 | (sequence >>> 8)) +
    byte(sequence) +
    '-' +
    byte(0x80 | (random(at) & 0x3f)) +
    byte(random(at + 1)) +
    '-' +
    byte(random(at + 2)) +
    byte(random(at + 3)) +
    byte(random(at + 4)) +
    byte(random(at + 5)) +
    byte(random(at + 6)) +
    byte(random(at + 7))
  )
}

/** A random secret of `bytes` bytes, base64url: fencing tokens, API keys, salts. Never an id. */
export function newSecret(bytes: number): string {
  return Buffer.from(randomBytes(bytes)).toString('base64url')
}

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/
export const isUuid = (text: string): boolean => uuid.test(text)

/** The id that means "none" in key columns that may not be null. */
export const nil_id = '00000000-0000-0000-0000-000000000000'

function takeRandom(bytes: number): number {
  if (usedBytes + bytes > pool.length) {
    randomFillSync(pool)
    usedBytes = 0
  }
  usedBytes += bytes
  return usedBytes - bytes
}

function randomBytes(bytes: number): Uint8Array {
  const at = takeRandom(bytes)
  return pool.slice(at, at + bytes)
}

const byte = (value: number): string => hex[value & 0xff] ?? '00'
const random = (at: number): number => pool[at] ?? 0
