import { operations } from '@muster/contract/operations'
import type { BrowserContext, Page } from 'playwright-core'

/** The page's own files. Everything else that it asks for has to be an operation of the contract. */
const files = /^\/(assets\/[\w.-]+|favicon\.ico)?$/
const served = /^\/(api|ws|health|metrics)(\/|$)/

const documented = operations.map(({ method, path }) => ({
  method,
  pattern: new RegExp(`^${path.replace(/[.]/g, '\\.').replace(/\{[a-z_]+\}/g, '[^/]+')}$`),
}))

/** Whether the contract has an operation for it. */
export function isDocumented(method: string, path: string): boolean {
  return documented.some((one) => one.method === method && one.pattern.test(path))
}

/** What no page may do, whatever a test is about. Each fault is one sentence. */
export interface Guard {
  readonly faults: readonly string[]
  /** Operations that were called, as `GET /api/v1/goals/{id}`. */
  readonly called: ReadonlySet<string>
  /** Takes the faults away that a test provoked on purpose. */
  forgive(pattern: RegExp): number
  watch(context: BrowserContext): void
}

export function createGuard(origins: () => readonly string[]): Guard {
  const faults: string[] = []
  const called = new Set<string>()

  function ask(method: string, address: string): void {
    const { protocol, host, pathname } = new URL(address)
    if (protocol === 'blob:' || protocol === 'data:') return
    if (!origins().some((origin) => new URL(origin).host === host)) {
      faults.push(`asked another origin: ${method} ${address}`)
      return
    }
    const own = documented.findIndex((one) => one.method === method && one.pattern.test(pathname))
    if (own >= 0) called.add(`${operations[own]?.method} ${operations[own]?.path}`)
    else if (served.test(pathname) || (!files.test(pathname) && method !== 'GET'))
      faults.push(`asked what is no operation of the contract: ${method} ${pathname}`)
  }

  function watchPage(page: Page): void {
    page.on('request', (request) => ask(request.method(), request.url()))
    page.on('websocket', (socket) => ask('GET', socket.url().replace(/^ws/, 'http')))
    page.on('console', (message) => {
      if (/content.security.policy|violates the following/i.test(message.text()))
        faults.push(`broke its policy: ${message.text()}`)
    })
    page.on('pageerror', (error) => faults.push(`threw: ${error.stack ?? error.message}`))
    page.on('dialog', (dialog) => {
      faults.push(`opened a dialog: ${dialog.type()} ${dialog.message()}`)
      void dialog.dismiss().catch(() => undefined)
    })
  }

  return {
    faults,
    called,
    forgive(pattern) {
      const before = faults.length
      const kept = faults.filter((fault) => !pattern.test(fault))
      faults.splice(0, before, ...kept)
      return before - kept.length
    },
    watch(context) {
      for (const page of context.pages()) watchPage(page)
      context.on('page', watchPage)
    },
  }
}
