import { describe, expect, it } from 'vitest'
import { DatabaseLostError, outageOf, translate } from './failures.ts'

const withCode = (code: string) => Object.assign(new Error('as the driver says it'), { code })

describe('an error of the driver', () => {
  it.each([
    ['53100', 'The database disk is full'],
    ['53200', 'The database is out of memory'],
    ['53300', 'The database has too many connections'],
    ['53000', 'The database is out of resources'],
    ['57P01', 'The database does not respond'],
    ['57P03', 'The database does not respond'],
    ['57014', 'The database does not respond'],
    ['58030', 'The database has disk errors'],
    ['58P01', 'The database has disk errors'],
    ['25006', 'The database is read-only'],
    ['08006', 'The database does not respond'],
    ['ECONNREFUSED', 'The database does not respond'],
  ])('%s is unavailable, with cause and remedy', (code, cause) => {
    expect(translate(withCode(code))).toMatchObject({
      code: 'unavailable',
      message: `${cause}. Try again.`,
      detail: { retry_after_ms: 1000, remedy: expect.any(String) },
    })
  })

  it.each(['23505', '22003', '42P01', '55P03', 'P0001'])('%s is nobody’s outage', (code) => {
    expect(outageOf(withCode(code))).toBeUndefined()
    expect(translate(withCode(code))).toMatchObject({ code })
  })
})

describe('a database that has died', () => {
  it.each([
    ['could not write to file "pg_wal/xlogtemp.42": No space left on device', 'The database disk is full'],
    ['could not open file "base/1": Read-only file system', 'The database is read-only'],
    ['its thread ended with code 134', 'The database does not respond'],
  ])('of %j', (reason, cause) => {
    expect(outageOf(new DatabaseLostError(new Error(reason)))).toMatchObject({ cause })
  })
})
