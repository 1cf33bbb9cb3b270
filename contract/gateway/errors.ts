export const gatewayErrors = {
  provider_failed: {
    status: 502,
    meaning: 'No provider of the model could answer; detail says what happened at the last one.',
  },
  provider_timeout: { status: 504, meaning: 'No provider of the model answered in time.' },
} as const
