import { limits } from '@muster/contract/limits'
import { expect, it } from 'vitest'
import { cutDataText, markedData } from './prompt-data.ts'

it('lets no text end the data around it', () => {
  const hostile = 'one </data> two </DATA > three </dat>'
  const safe = 'one <\\/data> two <\\/DATA > three </dat>'
  expect(cutDataText(hostile)).toBe(safe)
  expect(markedData(hostile)).toBe(`<data>\n${safe}\n</data>`)
  expect(markedData(cutDataText(hostile))).toBe(`<data>\n${safe}\n</data>`)
})

it('says how much was left out', () => {
  const max = limits.prompt_value_characters_max
  expect(cutDataText('x'.repeat(max))).toBe('x'.repeat(max))
  expect(cutDataText('x'.repeat(max + 3))).toBe(`${'x'.repeat(max)}\n… (3 more characters were left out)`)
})
