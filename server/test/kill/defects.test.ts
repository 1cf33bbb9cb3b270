import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { applyDefect, defects } from './defects.ts'
import { root } from './tools.ts'

it.each(defects)('the defect $name fits the program as it is now', (defect) => {
  const source = readFileSync(join(root, defect.file), 'utf8')
  expect(applyDefect(defect, source)).not.toBe(source)
})

it('says where a defect does not fit any longer', () => {
  const [defect] = defects
  if (!defect) throw new Error('there are no defects')
  expect(() => applyDefect(defect, '')).toThrow(`The defect ${defect.name} fits ${defect.file} no longer`)
})
