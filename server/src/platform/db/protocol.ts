const query = 0x51
const sync = 0x53
const terminate = 0x58

/**
 * Cuts the frontend half of PostgreSQL's protocol 3 into whole exchanges: bytes are held until a message that the
 * server answers with ReadyForQuery (`Query` or `Sync`) is complete. Frames are a type byte and a 32-bit length.
 */
export function frames(): (bytes: Buffer) => Buffer | undefined {
  let held: Buffer = Buffer.alloc(0)
  return (bytes) => {
    held = held.length === 0 ? bytes : Buffer.concat([held, bytes])
    let at = 0
    let ready = 0
    while (at + 5 <= held.length) {
      const end = at + 1 + held.readInt32BE(at + 1)
      if (end > held.length) break
      const type = held[at]
      at = end
      if (type === query || type === sync) ready = end
      if (type === terminate) return undefined
    }
    if (ready === 0) return undefined
    const exchange = Buffer.from(held.subarray(0, ready))
    held = held.subarray(ready)
    return exchange
  }
}
