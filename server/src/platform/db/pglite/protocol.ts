const query = 0x51
const sync = 0x53
const terminate = 0x58

/**
 * Cuts the frontend half of PostgreSQL's protocol 3 into whole exchanges: bytes are held until a message that the
 * server answers with ReadyForQuery (`Query` or `Sync`) is complete. Frames are a type byte and a 32-bit length.
 */
export function frames(): (bytes: Buffer) => readonly Buffer[] | undefined {
  /** Whole messages, which may be megabytes: they are copied once all is there. */
  let whole: Buffer[] = []
  let part: Buffer = Buffer.alloc(0)
  return (bytes) => {
    const buffer = part.length === 0 ? bytes : Buffer.concat([part, bytes])
    let at = 0
    let ready = 0
    while (at + 5 <= buffer.length) {
      const end = at + 1 + buffer.readInt32BE(at + 1)
      if (end > buffer.length) break
      const type = buffer[at]
      at = end
      if (type === query || type === sync) ready = end
      if (type === terminate) return undefined
    }
    part = buffer.subarray(at)
    if (ready === 0) {
      if (at > 0) whole.push(buffer.subarray(0, at))
      return undefined
    }
    const exchange = [...whole, buffer.subarray(0, ready)]
    whole = at > ready ? [buffer.subarray(ready, at)] : []
    return exchange
  }
}
