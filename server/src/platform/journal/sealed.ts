import { EventEmitter } from 'node:events'

/** Tells, inside this process, that organizations have new numbered events. Hints only: who missed one reads by cursor. */
export interface SealedSignal {
  tell(organization_ids: readonly string[]): void
  /** `undefined`: it is not known whose, so everybody looks. */
  listen(heard: (organization_ids: readonly string[] | undefined) => void): Disposable
  /** Somebody has not been listening for a while: everybody looks. */
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
    listen(heard) {
      hints.on('sealed', heard)
      return { [Symbol.dispose]: () => void hints.off('sealed', heard) }
    },
  }
}
