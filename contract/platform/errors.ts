export const platformErrors = {
  unparseable: { status: 400, meaning: 'The request is not what its content type says it is, such as broken JSON.' },
  unauthenticated: { status: 401, meaning: 'No valid key came with the request.' },
  forbidden: { status: 403, meaning: 'The key lacks the permission that the message names.' },
  not_found: { status: 404, meaning: 'There is no such thing, or it belongs to another organization.' },
  method_not_allowed: { status: 405, meaning: 'The path exists, but not with this method.' },
  idempotency_in_flight: { status: 409, meaning: 'A request with the same idempotency key is still running.' },
  ended: { status: 409, meaning: 'It has ended, and ends are final.' },
  exists: { status: 409, meaning: 'Something with this name or key exists already.' },
  version_moved: { status: 412, meaning: 'The version named by If-Match is not the current one.' },
  too_large: { status: 413, meaning: 'The body or a file is larger than the limit.' },
  media_type: { status: 415, meaning: 'The content type is not one that this operation takes.' },
  invalid: { status: 422, meaning: 'The request breaks the schema at the field that detail names.' },
  too_costly: {
    status: 422,
    meaning:
      'Evaluating what was sent, such as a condition, a schema or a pattern, takes more time or memory than it may.',
  },
  idempotency_mismatch: { status: 422, meaning: 'The idempotency key was used before with another body.' },
  rate_limited: { status: 429, meaning: 'Too many requests; detail says when to come again.' },
  internal: { status: 500, meaning: 'A mistake of ours; the request id finds it in the log.' },
  unavailable: { status: 503, meaning: 'Not ready or overloaded; come again after retry_after_ms.' },
} as const
