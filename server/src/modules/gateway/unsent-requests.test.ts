import { expect, it } from 'vitest'
import { MusterError } from '../../platform/errors.ts'
import { brokenOff } from './calls/attempt.ts'
import { consequences } from './rules/failures.ts'

it.each(['unavailable', 'too_costly'] as const)(
  'a request that was never sent (%s) costs nothing, is not tried again and does not count against its provider',
  (code) => {
    const { outcome, message } = brokenOff(new MusterError(code, 'It was not sent.'))
    expect(message).toBe('It was not sent.')
    expect(consequences[outcome]).toEqual({ used: 'nothing', retried: false, falls_back: false, trips: false })
  },
)

it('any other error of ours leaves unknown what the provider did', () => {
  expect(consequences[brokenOff(new Error('a mistake')).outcome].used).toBe('unknown')
})
