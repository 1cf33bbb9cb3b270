/** Puts one stream behind another that broke off, so that the client reads one stream of its wire and is told. */
export interface StreamResume {
  /** Text on its way to the client. */
  pass(out: string): string
  /** Another stream takes over: what the client is told before. `trims`: what comes must not begin with white space. */
  takeOver(how: 'restart' | 'continue', options: { readonly trims: boolean }): string
}

/** The fields that tell of it: an extension, which clients that do not know it pass over. */
export const announcements = {
  restart: { muster: { restarted: true } },
  continue: { muster: { continued: true } },
} as const
