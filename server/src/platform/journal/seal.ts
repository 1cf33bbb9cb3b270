import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, hash, sign, verify } from 'node:crypto'
import type { Principal } from '../principal.ts'
import type { StoredEvent } from './events.ts'

/** JSON Canonicalization Scheme (RFC 8785) for values that came out of JSON: keys sorted by UTF-16 code units. */
export function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`
  if (typeof value === 'bigint') return String(value)
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null'
  const entries = Object.entries(value).filter(([, item]) => item !== undefined)
  entries.sort(([a], [b]) => (a < b ? -1 : 1))
  return `{${entries.map(([key, item]) => `${JSON.stringify(key)}:${canonical(item)}`).join(',')}}`
}

export const sha256 = (bytes: string | Uint8Array): Buffer => hash('sha256', bytes, 'buffer')

/** The salted digest that stands for an event's payload in its leaf. */
export function payloadDigest(event: StoredEvent): string | undefined {
  if (event.data_digest !== undefined) return event.data_digest
  return event.data === undefined
    ? undefined
    : hash('sha256', `${event.salt ?? ''}.${canonical(event.data)}`, 'base64url')
}

/** A Merkle leaf: SHA-256 over 0x00 and the canonical event, its payload replaced by the salted digest. */
export function leafOf(organization_id: string, at: string, event: StoredEvent): Buffer {
  const { actor, goal_id, id, project_id, run_id, task_id, type } = event
  // Written in sorted order, so that the plain serialisation is the canonical one.
  const body = JSON.stringify({
    actor: principalFields(actor),
    at,
    data_digest: payloadDigest(event),
    goal_id,
    id,
    organization_id,
    project_id,
    run_id,
    task_id,
    type,
  })
  return sha256(`\u0000${body}`)
}

/** The root of a Merkle tree over the leaves (RFC 6962 §2.1: inner nodes hash 0x01, left, right; an odd one moves up). */
export function merkleRoot(leaves: readonly Buffer[]): Buffer {
  let level = leaves
  while (level.length > 1) {
    const next: Buffer[] = []
    for (let index = 0; index < level.length; index += 2) {
      const left = level[index]
      const right = level[index + 1]
      if (left) next.push(right ? sha256(Buffer.concat([inner, left, right])) : left)
    }
    level = next
  }
  return level[0] ?? Buffer.alloc(32)
}

export interface SegmentFacts {
  readonly organization_id: string
  readonly epoch: number
  readonly first_number: number
  readonly event_count: number
  readonly merkle_root: Buffer
  readonly previous_head: Buffer
}

/** The chain's next link: it binds number, count, epoch and root to everything before. */
export function headOf(segment: SegmentFacts): Buffer {
  const { organization_id, epoch, first_number, event_count } = segment
  return createHash('sha256')
    .update(`\u0002${organization_id}.${epoch}.${first_number}.${event_count}.`)
    .update(segment.merkle_root)
    .update(segment.previous_head)
    .digest()
}

export const genesis: Buffer = Buffer.alloc(32)

export interface Signer {
  /** The first 16 bytes of the public key's SHA-256, hexadecimal. */
  readonly id: string
  /** PEM, SubjectPublicKeyInfo. */
  readonly public_key: string
  sign(head: Buffer): Buffer
}

/** An Ed25519 signer from a private key in PEM. */
export function signerFrom(pem: string): Signer {
  const key = createPrivateKey(pem)
  const public_key = createPublicKey(key).export({ type: 'spki', format: 'pem' }).toString()
  return { id: sha256(public_key).toString('hex').slice(0, 32), public_key, sign: (head) => sign(null, head, key) }
}

export function newSignerPem(): string {
  return generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
}

export function signatureHolds(public_key: string, head: Buffer, signature: Buffer): boolean {
  return verify(null, head, createPublicKey(public_key), signature)
}

const inner = Buffer.from([1])

/** The fields of a principal, so that nothing else that it may carry is sealed. */
function principalFields({ id, kind, on_behalf_of }: Principal): Principal {
  return { id, kind, ...(on_behalf_of && { on_behalf_of: principalFields(on_behalf_of) }) }
}
