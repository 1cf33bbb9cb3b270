import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'

/**
 * Encrypts secrets that must be read again, such as the keys of providers: AES-256-GCM (NIST SP 800-38D), each with a
 * fresh nonce of 96 bits. `place` says where the text belongs and is authenticated with it, so that a writer of the
 * database cannot move one organization's secret into another's row.
 */
export interface SecretBox {
  seal(text: string, place: string): string
  /** Undefined where it was sealed with another key, for another place, or was changed. */
  open(sealedText: string, place: string): string | undefined
}

const key_bytes = 32
const nonce_bytes = 12
const tag_bytes = 16
const version = 'v1'

/** `key` is 32 bytes in base64. */
export function createSecretBox(key: string): SecretBox {
  const secret = Buffer.from(key, 'base64')
  return {
    seal(text, place) {
      const nonce = randomBytes(nonce_bytes)
      const cipher = createCipheriv('aes-256-gcm', secret, nonce).setAAD(Buffer.from(place))
      const sealedBytes = Buffer.concat([nonce, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()])
      return `${version}.${sealedBytes.toString('base64')}`
    },
    open(sealedText, place) {
      const bytes = Buffer.from(sealedText.slice(version.length + 1), 'base64')
      if (!sealedText.startsWith(`${version}.`) || bytes.length < nonce_bytes + tag_bytes) return undefined
      const decipher = createDecipheriv('aes-256-gcm', secret, bytes.subarray(0, nonce_bytes))
      decipher.setAAD(Buffer.from(place)).setAuthTag(bytes.subarray(-tag_bytes))
      try {
        const text = decipher.update(bytes.subarray(nonce_bytes, -tag_bytes))
        return Buffer.concat([text, decipher.final()]).toString('utf8')
      } catch {
        return undefined
      }
    },
  }
}

export function newSecretKey(): string {
  return randomBytes(key_bytes).toString('base64')
}

/** Whether a text is such a key: exactly 32 bytes in base64. */
export function isSecretKey(text: string): boolean {
  return /^[A-Za-z0-9+/]{43}=$/.test(text) && Buffer.from(text, 'base64').length === key_bytes
}
