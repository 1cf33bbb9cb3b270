/** The errors of the platform, by their codes. */
export const platformErrors = {
  unparseable: { status: 400, meaning: 'The request cannot be parsed as its content type, such as invalid JSON.' },
  unauthenticated: { status: 401, meaning: 'The request has no valid API key.' },
  forbidden: { status: 403, meaning: 'The API key lacks the permission in the message.' },
  not_found: { status: 404, meaning: 'It does not exist, or it belongs to another organization.' },
  method_not_allowed: { status: 405, meaning: 'The path exists, but not with this method.' },
  idempotency_in_flight: { status: 409, meaning: 'A request with the same idempotency key is still running.' },
  ended: { status: 409, meaning: 'It has ended and cannot be changed.' },
  exists: { status: 409, meaning: 'Something with this name or key already exists.' },
  version_moved: { status: 412, meaning: 'The version named by If-Match is not the current one.' },
  too_large: { status: 413, meaning: 'The body or a file is larger than the limit.' },
  media_type: { status: 415, meaning: 'The operation does not support this content type.' },
  invalid: { status: 422, meaning: 'The request does not match the schema at the field in detail.' },
  too_costly: {
    status: 422,
    meaning: 'Evaluating what was sent, such as a condition, a schema or a pattern, takes too much time or memory.',
  },
  idempotency_mismatch: { status: 422, meaning: 'The idempotency key was already used with another body.' },
  rate_limited: { status: 429, retryable: true, meaning: 'Too many requests; retry after the time in detail.' },
  internal: {
    status: 500,
    operational: true,
    meaning: 'Internal server error; look up the request ID in the server log.',
  },
  unavailable: {
    status: 503,
    retryable: true,
    operational: true,
    meaning: 'Not ready or overloaded; retry after retry_after_ms.',
  },
} as const
