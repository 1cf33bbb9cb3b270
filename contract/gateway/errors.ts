/** The errors of the gateway, by their codes. */
export const gatewayErrors = {
  provider_failed: {
    status: 502,
    retryable: true,
    meaning: 'No provider of the model could respond; detail has the error of the last one.',
  },
  provider_timeout: { status: 504, retryable: true, meaning: 'No provider of the model responded in time.' },
} as const
