/** What can be said to the caller of a run that cannot be started. */
export class StartError extends Error {
  override readonly name = 'StartError'
}
