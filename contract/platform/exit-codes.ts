/** Exit codes of the command line. */
export const exitCodes = { done: 0, failed: 1, usage: 2, person_needed: 3, unreachable: 4, refused: 5 } as const
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes]
