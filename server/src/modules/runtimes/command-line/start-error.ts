/** The reason, for the caller, why a command line cannot be started. */
export class StartError extends Error {
  override readonly name = 'StartError'
}
