import { describe, expect, it } from 'vitest'
import { planFromOutline } from './outline.ts'

const plan = (text: string) => planFromOutline({ title: 'T', text, artifacts: [], variables: {} })
const titles = (text: string) => plan(text).map(({ title }) => title)
const last = 'Put the parts together'

describe('an outline', () => {
  it('makes no tasks of code', () => {
    const text = 'Set up the server.\n\n```sh\n# install it first\n- x\n```\n\n````\n```\n# then start it\n````\nDone.'
    expect(titles(text)).toEqual(['Part 1', last])
    expect(titles(`# One\n${text}\n# Two`)).toEqual(['One', 'Two', last])
  })

  it('leaves front matter out', () => {
    expect(titles('---\ntitle: x\n---\n# One\na\n# Two\nb')).toEqual(['One', 'Two', last])
    expect(plan('---\ntitle: x\n---\nWords.')[0]).toMatchObject({ input: { text: 'Words.' } })
  })

  it('has headings without text, and those that end in a number sign', () => {
    expect(titles('#\na\n# C#\nb\n# Three ##\nc')).toEqual(['Part 1', 'C#', 'Three', last])
  })

  it('cuts a long title at a whole character', () => {
    const [first] = plan(`# a${'😀'.repeat(120)}\nb`)
    expect(first?.title).toBe(`a${'😀'.repeat(99)}`)
  })

  it('orders inputs by their names, composed or not', () => {
    const artifacts = ['b.txt', 'Cafe\u0301.txt'].map((name, at) => ({
      ...{ name, artifact_id: `id-${at}`, media_type: 'text/plain', size_bytes: 1, sha256: 'x' },
    }))
    const tasks = planFromOutline({ title: 'T', text: '- the café\n- b', artifacts, variables: {} })
    expect(tasks[1]).toMatchObject({ input: { documents: [{ artifact_id: 'id-1' }, { artifact_id: 'id-0' }] } })
  })
})
