/** The errors of identity, by their codes. */
export const identityErrors = {
  last_key: { status: 409, meaning: 'This is the last key that can use or grant the permissions in the message.' },
} as const
