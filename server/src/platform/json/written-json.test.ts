import { expect, it } from 'vitest'
import { writtenJson } from './written-json.ts'

const fenced = '```json\n{"a": 1}\n```'

it('reads JSON as it stands, and between fences', () => {
  expect(writtenJson(' [1] ', 'whole')).toEqual([1])
  expect(writtenJson(`\n${fenced}\n`, 'whole')).toEqual({ a: 1 })
  expect(writtenJson('none', 'end')).toBeUndefined()
})

it('reads what stands behind other words only where that is allowed', () => {
  expect(writtenJson(`Here it is:\n${fenced}`, 'end')).toEqual({ a: 1 })
  expect(writtenJson(`Here it is:\n${fenced}`, 'whole')).toBeUndefined()
  expect(writtenJson(`${fenced}\nThat was it.`, 'end')).toBeUndefined()
})
