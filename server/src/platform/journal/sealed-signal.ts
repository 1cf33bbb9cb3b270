import { EventEmitter } from 'node:events'

/**
 * Signals inside this process that organizations have new numbered events. A missed signal does no harm: readers go by
 * cursor.
 */
export interface SealedSignal {
  tell(organization_ids: readonly string[]): void
  /** `undefined`: any organization may have some, so every reader looks. */
  listen(onSealed: (organization_ids: readonly string[] | undefined) => void): Disposable
  /** Notifications may have been missed: every reader looks. */
  tellAll(): void
}

export function createSealedSignal(): SealedSignal {
  const hints = new EventEmitter()
  hints.setMaxListeners(0)
  return {
    tell(organization_ids) {
      if (organization_ids.length > 0) hints.emit('sealed', organization_ids)
    },
    tellAll: () => void hints.emit('sealed', undefined),
    listen(onSealed) {
      hints.on('sealed', onSealed)
      return { [Symbol.dispose]: () => void hints.off('sealed', onSealed) }
    },
  }
}
