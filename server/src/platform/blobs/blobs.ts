import type { Readable } from 'node:stream'
import type { HealthFinding } from '../module.ts'

/** Content by what it is: the same bytes of one organization are kept once, whatever they were called. */
export interface BlobRef {
  readonly organization_id: string
  /** 64 hexadecimal digits. */
  readonly sha256: string
}

export interface StoredBlob {
  readonly sha256: string
  readonly size_bytes: number
}

/** Inclusive, as in HTTP. */
export interface ByteRange {
  readonly start: number
  readonly end: number
}

export interface SweepOptions {
  /** Younger ones are let be: their rows may not be committed yet. */
  readonly older_than_ms: number
  /** Which of these are still wanted. */
  kept(organization_id: string, sha256s: readonly string[]): Promise<ReadonlySet<string>>
}

/**
 * Where content lies. It is written before the row that names it is committed, so a row never lacks its content; what
 * is written and never named is swept later.
 */
export interface Blobs {
  /**
   * Takes content in as it comes; it is durable when this returns. Of content that breaks off, or that is larger than
   * `bytes_max` (`too_large`), nothing is kept.
   */
  write(
    organization_id: string,
    content: AsyncIterable<Uint8Array>,
    limit: { readonly bytes_max: number },
  ): Promise<StoredBlob>
  /**
   * A stream of the content or of a part of it. Before its first byte the whole is compared with its hash: throws
   * `unavailable` where it is missing, `artifact_damaged` where it is not what was stored.
   */
  read(ref: BlobRef, range?: ByteRange): Promise<Readable>
  /** The whole content, for small reads. Throws as `read` does. */
  bytes(ref: BlobRef): Promise<Uint8Array>
  /** Compares the next blobs with their hashes, round and round, about so many bytes of them. Gives the number of bad ones. */
  verifyNext(options: { readonly bytes: number }): Promise<number>
  /** Removes what nobody wants any more, and what broken writes left behind. Gives the number of blobs removed. */
  sweep(options: SweepOptions): Promise<number>
  health(): Promise<HealthFinding>
}
