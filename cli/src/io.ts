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
  /** Reads all of the standard input. */
  readInput(): Promise<Uint8Array>
  /** Aborts at Ctrl-C. */
  readonly signal: AbortSignal
}

export interface Output {
  write(text: string): unknown
  readonly isTTY?: boolean
  readonly columns?: number
  readonly rows?: number
}

/** Text for a terminal: control characters are shown as a replacement, so that data cannot steer the terminal. */
export function printable(text: string): string {
  return text.replace(/\p{Cc}/gu, (character) => (character === '\n' || character === '\t' ? character : '\ufffd'))
}

/** The same on one line. */
export function oneLine(text: string): string {
  return printable(text).replace(/[\n\t]+/g, ' ')
}

/** Cut to a number of characters, with an ellipsis where something was cut. */
export function truncate(text: string, characters: number): string {
  const all = [...text.slice(0, characters * 2 + 2)]
  return all.length <= characters ? text : `${all.slice(0, Math.max(0, characters - 1)).join('')}…`
}
