import { crc32, deflateSync } from 'node:zlib'

/** A picture of two colours. */
export function png(width = 96, height = 48): Uint8Array<ArrayBuffer> {
  const row = (y: number) =>
    [0, ...Array.from({ length: width }, (_, x) => ((x + y) % 24 < 12 ? [63, 91, 217] : [236, 240, 255]))].flat()
  const pixels = deflateSync(Uint8Array.from(Array.from({ length: height }, (_, y) => row(y)).flat()))
  const head = Buffer.alloc(13)
  head.writeUInt32BE(width, 0)
  head.writeUInt32BE(height, 4)
  head.set([8, 2, 0, 0, 0], 8)
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])
  return Uint8Array.from(
    Buffer.concat([signature, chunk('IHDR', head), chunk('IDAT', pixels), chunk('IEND', Buffer.alloc(0))]),
  )
}

function chunk(type: string, data: Uint8Array): Buffer {
  const length = Buffer.alloc(4)
  length.writeUInt32BE(data.length)
  const body = Buffer.concat([Buffer.from(type), data])
  const sum = Buffer.alloc(4)
  sum.writeUInt32BE(crc32(body))
  return Buffer.concat([length, body, sum])
}

/** One page with one line of text; the offsets are counted, since readers may check them. */
export function pdf(line: string): string {
  const stream = `BT /F1 24 Tf 60 720 Td (${line.replace(/[()\\]/g, '\\$&')}) Tj ET`
  const objects = [
    '<< /Type /Catalog /Pages 2 0 R >>',
    '<< /Type /Pages /Kids [3 0 R] /Count 1 >>',
    '<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>',
    `<< /Length ${stream.length} >>\nstream\n${stream}\nendstream`,
    '<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>',
  ]
  let text = '%PDF-1.4\n'
  const offsets = objects.map((object, at) => {
    const offset = text.length
    text += `${at + 1} 0 obj\n${object}\nendobj\n`
    return offset
  })
  const table = offsets.map((offset) => `${String(offset).padStart(10, '0')} 00000 n \n`).join('')
  return `${text}xref\n0 ${objects.length + 1}\n0000000000 65535 f \n${table}trailer\n<< /Size ${objects.length + 1} /Root 1 0 R >>\nstartxref\n${text.length}\n%%EOF\n`
}

export const letter = `## Dear Ms Aldarra

Thank you for writing about the crossing at Mill Lane. The council looked at it on **12 May** and agreed three things:

1. the lights stay green for walkers four seconds longer,
2. the kerb on the school's side is lowered before autumn,
3. the count of cars is repeated in October.

> “It is the last stretch that worries the children,” you wrote. We read it out in the meeting.

Yours sincerely`

export const health =
  'Take two tablets of ibuprofen after each meal, and talk to your doctor if the fever lasts longer than three days.'
export const finance =
  'You should put your savings into an index fund now: guaranteed returns, and you cannot lose money.'
