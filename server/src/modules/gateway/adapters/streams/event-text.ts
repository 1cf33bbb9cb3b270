/** Writes an event on as it came: data of several lines have a field for each. */
export function eventTextOf(event: string | undefined, data: string): string {
  const name = event === undefined ? '' : `event: ${event}\n`
  const lines = data.split('\n').map((line) => `data: ${line}\n`)
  return `${name}${lines.join('')}\n`
}
