export const identityErrors = {
  last_key: { status: 409, meaning: 'Without this key nobody could do what the message names, nor make a key for it.' },
} as const
