import type { Readable } from 'node:stream'
import type { HealthFinding } from '../health-check.ts'

/** The address of content: equal bytes of one organization are stored once, whatever their names. */
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
  /** Younger blobs stay: their rows may not be committed yet. */
  readonly older_than_ms: number
  /** Which of these are still in use. */
  hashesInUse(organization_id: string, sha256s: readonly string[]): Promise<ReadonlySet<string>>
}

/**
 * The store of content. Content is written before the row that names it is committed, so a row never lacks its content
 * (invariant 31); content without a row is swept later.
 */
export interface Blobs {
  /**
   * Writes a stream of content; it is durable when this returns. Nothing is kept of a stream that breaks off, or is
   * larger than `bytes_max` (`too_large`).
   */
  write(
    organization_id: string,
    content: AsyncIterable<Uint8Array>,
    limit: { readonly bytes_max: number },
  ): Promise<StoredBlob>
  /**
   * Streams the content or a part of it. The whole is compared with its hash before the first byte: throws
   * `unavailable` where it is missing, `artifact_damaged` where it is not what was stored.
   */
  read(ref: BlobRef, range?: ByteRange): Promise<Readable>
  /** The whole content, for small reads. Throws as `read` does. */
  bytes(ref: BlobRef): Promise<Uint8Array>
  /**
   * Compares the next blobs with their hashes, about so many bytes of them, starting again at the end. Returns the
   * number of bad ones.
   */
  verifyNext(options: { readonly bytes: number }): Promise<number>
  /** Removes unused blobs and the remains of broken writes. Returns the number of blobs removed. */
  sweep(options: SweepOptions): Promise<number>
  health(): Promise<HealthFinding>
}
