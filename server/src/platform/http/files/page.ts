import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { extname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Coding, codings, type StaticFile } from './static-files.ts'

/** The page and its files, as its build left them. */
export interface Page {
  /** The answer to every address of the page, which routes by itself. */
  readonly index: StaticFile
  readonly files: readonly StaticFile[]
}

/** The folder of the page's build: beside a bundle, or in the page's own folder; undefined where there is none. */
export function pageDirectory(): string | undefined {
  const from = import.meta.url.endsWith('.ts') ? '../../../../../web/dist/' : './page/'
  const directory = fileURLToPath(new URL(from, import.meta.url))
  return existsSync(`${directory}index.html`) ? directory : undefined
}

/**
 * Reads all files at once, so that a new build under the running program changes nothing, and no request can name
 * another file. Files with `.br` or `.gz` after their names are the same ones compressed.
 */
export function readPage(directory: string | undefined): Page {
  if (directory === undefined) return { index: indexOf(async () => unbuilt), files: [] }
  const names = readdirSync(directory, { recursive: true, encoding: 'utf8', withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) =>
      `${parentPath}/${name}`.slice(directory.length).replaceAll('\\', '/').replace(/^\/+/, ''),
    )
    .filter((name) => plain_name.test(name))
  const bytes = new Map(names.map((name) => [name, readFileSync(`${directory}/${name}`)]))
  const files = names.filter((name) => !isCompressed(name)).map((name) => fileOf(name, bytes))
  const index = files.find(({ path }) => path === '/index.html')
  if (index === undefined) throw new Error(`There is no index.html in ${directory}.`)
  return {
    index: { ...indexOf(index.read), ...(index.compressed && { compressed: index.compressed }) },
    files: files.filter((file) => file !== index),
  }
}

/** Names that need no escape in a path and have no meaning to the router. */
const plain_name = /^[\w.@~-]+(\/[\w.@~-]+)*$/
const suffixes: Readonly<Record<Coding, string>> = { br: '.br', gzip: '.gz' }
const isCompressed = (name: string): boolean => codings.some((coding) => name.endsWith(suffixes[coding]))

function fileOf(name: string, bytes: ReadonlyMap<string, Buffer>): StaticFile {
  const contentOf = (of: string) => {
    const content = bytes.get(of)
    return content && (async () => content)
  }
  const readContent = contentOf(name)
  const compressed = codings.flatMap((coding) => {
    const smaller = contentOf(`${name}${suffixes[coding]}`)
    return smaller ? [[coding, smaller] as const] : []
  })
  return {
    path: `/${name}`,
    media_type: media_types[extname(name)] ?? 'application/octet-stream',
    // The build names these after their content.
    is_immutable: name.startsWith('assets/'),
    compressed: Object.fromEntries(compressed),
    read: readContent ?? (async () => ''),
  }
}

const media_types: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.ico': 'image/x-icon',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain; charset=utf-8',
  '.wasm': 'application/wasm',
  '.webmanifest': 'application/manifest+json',
  '.webp': 'image/webp',
  '.woff2': 'font/woff2',
}

/** Nothing from other hosts, no inline script, no framing (invariant 36). Scripts set styles of single elements. */
const policy = [
  `default-src 'none'`,
  `script-src 'self'`,
  `style-src 'self'`,
  `style-src-attr 'unsafe-inline'`,
  `img-src 'self' blob: data:`,
  `font-src 'self'`,
  `connect-src 'self'`,
  `worker-src 'self' blob:`,
  `manifest-src 'self'`,
  `frame-src 'none'`,
  `object-src 'none'`,
  `frame-ancestors 'none'`,
  `base-uri 'none'`,
  `form-action 'none'`,
].join('; ')

const unused_features = ['camera', 'display-capture', 'geolocation', 'microphone', 'midi', 'payment', 'serial', 'usb']

function indexOf(read: StaticFile['read']): StaticFile {
  return {
    path: '/',
    media_type: 'text/html; charset=utf-8',
    headers: {
      'content-security-policy': policy,
      'cross-origin-opener-policy': 'same-origin',
      'permissions-policy': unused_features.map((feature) => `${feature}=()`).join(', '),
      'referrer-policy': 'no-referrer',
      // The same address may answer JSON.
      vary: 'Accept, Accept-Encoding',
    },
    read,
  }
}

const unbuilt = `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>Muster</title></head>
<body>
<h1>Muster is running</h1>
<p>Its page has not been built. Build it with <code>npm run build</code>, then start Muster again.</p>
<p>The API is here: <a href="/docs">/docs</a>.</p>
</body>
</html>
`
