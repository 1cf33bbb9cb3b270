/** Joins a second stream to one that broke off, so that the client reads one stream of its wire and is informed. */
export interface StreamResume {
  /** Text on its way to the client. */
  pass(out: string): string
  /** Another stream takes over: the text that announces it. `trims`: what follows must not begin with white space. */
  takeOver(how: 'restart' | 'continue', options: { readonly trims: boolean }): string
}

/** The fields that announce it: an extension, which other clients ignore. */
export const announcements = {
  restart: { muster: { restarted: true } },
  continue: { muster: { continued: true } },
} as const
