import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { openapiDocument } from '@muster/contract/openapi/openapi'
import { getDocs, getOpenapi, getRedoc } from '@muster/contract/platform/operations'
import type { z } from 'zod'
import type { StaticFile } from './files/static-files.ts'
import { type Route, raw, route } from './route.ts'

type OpenapiData = z.input<(typeof getOpenapi)['response']>

/** The OpenAPI document and its two viewers, from our own files: no other host is asked. */
export function docsRoutes(): readonly Route[] {
  let document: OpenapiData | undefined
  return [
    route(getOpenapi, () => {
      // The document is made from the contract, whose test holds it to OpenAPI 3.1.
      document ??= openapiDocument() as unknown as OpenapiData
      return document
    }),
    route(getDocs, () => page(swagger_page)),
    route(getRedoc, () => page(redoc_page)),
  ]
}

/** Scripts and styles of those pages. */
export function docsFiles(): readonly StaticFile[] {
  const script = 'text/javascript; charset=utf-8'
  return [
    {
      path: '/docs/swagger-ui.css',
      media_type: 'text/css; charset=utf-8',
      read: () => readPackageFile('swagger-ui-dist/swagger-ui.css'),
    },
    {
      path: '/docs/swagger-ui-bundle.js',
      media_type: script,
      read: () => readPackageFile('swagger-ui-dist/swagger-ui-bundle.js'),
    },
    { path: '/docs/start.js', media_type: script, read: async () => swagger_start },
    {
      path: '/redoc/redoc.standalone.js',
      media_type: script,
      read: () => readPackageFile('redoc/bundles/redoc.standalone.js'),
    },
    { path: '/redoc/start.js', media_type: script, read: async () => redoc_start },
  ]
}

/** Scripts only from here and none inside the page; styles are written into the page by both viewers. */
const policy = [
  `default-src 'none'`,
  `script-src 'self'`,
  `style-src 'self' 'unsafe-inline'`,
  `img-src 'self' data:`,
  `font-src 'self' data:`,
  `connect-src 'self'`,
  'worker-src blob:',
  `frame-ancestors 'none'`,
  `base-uri 'none'`,
  `form-action 'none'`,
].join('; ')

function page(html: string) {
  return raw(html, { headers: { 'content-security-policy': policy, 'referrer-policy': 'no-referrer' } })
}

const swagger_page = `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>Muster API</title><link rel="stylesheet" href="/docs/swagger-ui.css"></head>
<body><div id="api"></div><script src="/docs/swagger-ui-bundle.js"></script><script src="/docs/start.js"></script></body>
</html>
`
const swagger_start = `SwaggerUIBundle({ url: '/openapi.json', dom_id: '#api', deepLinking: true, validatorUrl: null })\n`

const redoc_page = `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>Muster API</title></head>
<body><div id="api"></div><script src="/redoc/redoc.standalone.js"></script><script src="/redoc/start.js"></script></body>
</html>
`
const redoc_start = `Redoc.init('/openapi.json', { disableSearch: false }, document.getElementById('api'))\n`

/** A build has its files in \`assets\` beside the bundle; from source, and where it has not, they are in their package. */
function readPackageFile(name: string): Promise<Uint8Array> {
  const beside = fileURLToPath(new URL(`./assets/${name.split('/').at(-1)}`, import.meta.url))
  return readFile(existsSync(beside) ? beside : createRequire(import.meta.url).resolve(name))
}
