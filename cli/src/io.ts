/** Everything of the process that a command may use; tests hand in their own. */
export interface Io {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly cwd: string
  readonly stdout: Output
  readonly stderr: Output
  /** Whether somebody sits at the terminal who can be asked. */
  readonly interactive: boolean
  /** Asks for one line; null when the input ends. */
  ask(question: string): Promise<string | null>
  /** The text as the person saves it in their editor; undefined where none is set, null where it failed. */
  edit(text: string, extension: string): Promise<string | null | undefined>
  /** Reads all of the standard input. */
  readInput(): Promise<Uint8Array>
  /** Aborts at Ctrl-C. */
  readonly signal: AbortSignal
  /**
   * What happens once standard output can no longer be written, in place of the end of the process: for programs that
   * have more to do than to print.
   */
  onOutputClosed(listener: () => void): void
}

export interface Output {
  write(text: string): unknown
  readonly isTTY?: boolean
  readonly columns?: number
  readonly rows?: number
}
