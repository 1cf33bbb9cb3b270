import { readFileSync } from 'node:fs'
import { operations } from '@muster/contract/operations'
import { expect, it } from 'vitest'
import { createApi } from '../src/app/services/serve.ts'
import { readConfig } from '../src/platform/config.ts'
import { routePathOf } from '../src/platform/http/paths.ts'
import { silent_log } from '../src/platform/log.ts'
import { testProgram } from './program.ts'

const { program, database, folder } = await testProgram()
const config = readConfig({ MUSTER_DATA_DIR: folder, MUSTER_FAST: '1' })
const { http, routes } = createApi(program, { config, database: { ...database, epoch: 1 }, log: silent_log })
const { app } = http
await app.ready()

const ids = operations.map(({ id }) => id).sort()

it('answers every operation of the contract once, and nothing else', () => {
  expect(routes.map(({ operation }) => operation.id).sort()).toEqual(ids)
  expect(new Set(ids).size).toBe(ids.length)
})

it('routes every operation where its path says', () => {
  const unrouted = operations.filter(
    (operation) => !app.hasRoute({ method: operation.method, url: routePathOf(operation) }),
  )
  expect(unrouted.map(({ id }) => id)).toEqual([])
})

it('is described whole by docs/generated/openapi.json, which is what the program itself hands out', async () => {
  const file = JSON.parse(readFileSync(new URL('../../docs/generated/openapi.json', import.meta.url), 'utf8'))
  const paths = Object.entries(file.paths as Record<string, Record<string, { operationId: string }>>)
  const described = paths.flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { operationId }]) => `${method.toUpperCase()} ${path} ${operationId}`),
  )
  expect(described.sort()).toEqual(operations.map(({ method, path, id }) => `${method} ${path} ${id}`).sort())
  expect((await app.inject('/openapi.json')).json()).toEqual(file)
})

it('has nothing open without a key but health, documents and what gives a key', () => {
  const open = operations.filter(({ permission }) => permission === 'none').map(({ path }) => path)
  expect(open.filter((path) => !/^\/(health|docs$|redoc$|openapi\.json$|api\/v1\/session$)/.test(path))).toEqual([])
})
