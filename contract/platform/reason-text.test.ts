import { describe, expect, it } from 'vitest'
import { reasonText } from './reason-text.ts'

describe('the text of a reason', () => {
  it.each([
    ['retries_exhausted', 'Retries used up'],
    ['low_confidence', 'Low confidence'],
    ['https://example.org/a_b is gone', 'Https://example.org/a_b is gone'],
    ['constructor', 'Constructor'],
    ['sensitive_topic:health_advice', 'Sensitive topic: health advice'],
    ['occ_conflict: goals/Plan_1 changed during the run', 'Document conflict: goals/Plan_1 changed during the run'],
    ['budget_exceeded: Run budget reached.', 'Budget exceeded: Run budget reached.'],
    ['Exited with code 1. Output: no_such_file', 'Exited with code 1. Output: no_such_file'],
    ['rejected by a person', 'Rejected by a person'],
  ])('of %s is %s', (reason, text) => {
    expect(reasonText(reason)).toBe(text)
  })
})
