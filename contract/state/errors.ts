/** The errors of state, by their codes. */
export const stateErrors = {
  occ_conflict: { status: 409, meaning: 'A document that was read has changed, so nothing was written.' },
} as const
