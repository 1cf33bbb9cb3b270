// The page in Chromium with its processor slowed down: first load, interactions, a live graph, a long table, memory.
import { chromium } from 'playwright-core'
import { build } from '../tools/build.mjs'
import { caller, inParallel, startProcess } from './lib/muster.mjs'
import { frames, heapAfterGc, slowInteractions, watchVitals } from './lib/vitals.mjs'

const defaults = { throttle: 4, agents: 10_000, nodes: 500, graph_s: 20, memory_min: 0 }

export async function run(options) {
  const set = Object.fromEntries(
    Object.entries(defaults).map(([name, value]) => [name, Number(option(options, name) ?? value)]),
  )
  await build({ ifStale: true })
  const server = await startProcess({ slots: 32 })
  const browser = await launch(option(options, 'chromium') ?? '/usr/bin/chromium')
  try {
    const call = caller(server)
    const project = await call('POST', '/api/v1/projects', { name: 'bench' })
    await inParallel(set.agents, 16, (index) =>
      call('POST', '/api/v1/agents', { name: `agent ${String(index).padStart(5, '0')}`, capabilities: ['nothing'] }),
    )
    const figures = {
      browser: `Chromium ${browser.version()}, software rendering, processor slowed ${set.throttle} times`,
      ...(await measureLoad(browser, server, set)),
      ...(await measureInteractions(browser, server, { ...set, project, call })),
      ...(await measureTable(browser, server, set)),
      ...(await measureGraph(browser, server, { ...set, project, call })),
      ...(set.memory_min > 0 ? await measureMemory(browser, server, { ...set, project, call }) : {}),
    }
    for (const [name, value] of Object.entries(figures)) process.stdout.write(`${name}: ${value}\n`)
  } finally {
    await browser.close()
    await server.stop()
  }
}

function option(options, name) {
  const flag = `--${name.replaceAll('_', '-')}`
  const at = options.indexOf(flag)
  return at < 0 ? undefined : options[at + 1]
}

function launch(executablePath) {
  const quiet = [
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
  ]
  const root = process.getuid?.() === 0 ? ['--no-sandbox'] : []
  return chromium.launch({ executablePath, args: ['--disable-gpu', '--enable-precise-memory-info', ...quiet, ...root] })
}

/** A page of a fresh browser profile, signed in by the cookie and slowed down. */
async function withPage(browser, { address, key }, { throttle, work }) {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 } })
  await context.request.post(`${address}/api/v1/session`, { data: { key } })
  const page = await context.newPage()
  const session = await context.newCDPSession(page)
  await session.send('Emulation.setCPUThrottlingRate', { rate: throttle })
  try {
    return await work({ page, session })
  } finally {
    await context.close()
  }
}

/** Bytes of script on the wire, and the largest contentful paint, of the first page of somebody who was never here. */
async function measureLoad(browser, server, set) {
  return withPage(browser, server, {
    ...set,
    work: async (opened) => {
      const { page, session } = opened
      await session.send('Network.enable')
      const kinds = new Map()
      const bytes = { Script: 0, Stylesheet: 0, Font: 0, Document: 0 }
      session.on('Network.responseReceived', ({ requestId, type }) => kinds.set(requestId, type))
      session.on('Network.loadingFinished', ({ requestId, encodedDataLength }) => {
        const kind = kinds.get(requestId)
        if (kind in bytes) bytes[kind] += encodedDataLength
      })
      await watchVitals(page)
      await page.goto(server.address)
      await page.getByRole('grid', { name: 'Agents' }).waitFor()
      await page.waitForTimeout(1_500)
      const { lcp_ms } = await page.evaluate(() => globalThis.vitals)
      const kb = (count) => `${(count / 1000).toFixed(1)} kB`
      return {
        'first load, scripts on the wire': kb(bytes.Script),
        'first load, styles and fonts': `${kb(bytes.Stylesheet)} and ${kb(bytes.Font)}`,
        'largest contentful paint': `${Math.round(lcp_ms)} ms`,
      }
    },
  })
}

/** The slowest of a reviewer's and an operator's usual steps, from the key to the next paint. */
async function measureInteractions(browser, server, { project, call, ...set }) {
  const plan = {
    tasks: Array.from({ length: 30 }, (_, at) => ({
      key: `ask_${at}`,
      capability: 'noop',
      input: { pad_bytes: 1000 },
      approval: 'always',
    })),
  }
  await call('POST', '/api/v1/goals', { project_id: project.id, title: 'Thirty questions', plan })
  return withPage(browser, server, {
    ...set,
    work: async (opened) => {
      const { page } = opened
      await watchVitals(page)
      await page.goto(`${server.address}/approvals`)
      await page.getByRole('list', { name: 'Questions' }).getByRole('listitem').nth(20).waitFor()
      const press = async (keys, wait_ms = 350) => {
        for (const key of keys) {
          await page.keyboard.press(key)
          await page.waitForTimeout(wait_ms)
        }
      }
      await press(['j', 'j', 'j', 'k', 'x', 'x'])
      await press(['a', 'a', 'a'], 900)
      const layer = async (key, between = async () => undefined) => {
        await press([key])
        const opened = page.locator('[role=dialog]:not([aria-modal=false])')
        await opened.waitFor()
        await page.waitForTimeout(500)
        await between()
        await press(['Escape'])
        await opened.waitFor({ state: 'hidden' })
      }
      await layer('Control+k', () => page.keyboard.type('goal', { delay: 120 }))
      await layer('?')
      await press(['g', 's', 'g', 'j', 'g', 'f'], 600)
      await page.getByRole('searchbox', { name: 'Find an agent by name' }).click()
      await page.keyboard.type('agent 0123', { delay: 100 })
      await page.waitForTimeout(800)
      const slow = await slowInteractions(page)
      return {
        'interaction to next paint': `${slow.inp_ms} ms over ${slow.count} interactions (slowest: ${slow.names.join(', ')})`,
      }
    },
  })
}

/** Scrolls through the long table from end to end; counts what was fetched and how many rows exist at a time. */
async function measureTable(browser, server, set) {
  return withPage(browser, server, {
    ...set,
    work: async (opened) => {
      const { page } = opened
      const sizes = []
      page.on('response', async (response) => {
        if (!response.url().includes('/api/v1/agents?')) return
        sizes.push(
          await response.json().then(
            ({ data }) => data.items.length,
            () => 0,
          ),
        )
      })
      await page.goto(`${server.address}/agents`)
      const grid = page.getByRole('grid', { name: 'Agents' })
      await grid.waitFor()
      const box = grid.locator('..')
      const counted = frames(page)
      for (let step = 0; step <= 20; step += 1) {
        await box.evaluate((element, share) => element.scrollTo({ top: element.scrollHeight * share }), step / 20)
        await page.waitForTimeout(300)
      }
      await page.getByText(`agent ${String(set.agents - 1).padStart(5, '0')}`, { exact: true }).waitFor()
      const rate = await counted.stop()
      const rows = await grid.getByRole('row').count()
      return {
        'long table': `${set.agents} rows, ${sizes.length} windows of at most ${Math.max(...sizes)} rows, ${rows} rows in the page, ${rate.per_s.toFixed(0)} frames/s while scrolling`,
      }
    },
  })
}

/** Lanes of short tasks: each gives five events, so their number sets the rate. */
function lanes({ nodes, width, sleep_ms }) {
  return {
    tasks: Array.from({ length: nodes }, (_, at) => ({
      key: `t_${at}`,
      capability: 'sleep',
      input: { ms: sleep_ms },
      writes: [],
      ...(at >= width && { depends_on: [`t_${at - width}`] }),
    })),
  }
}

async function measureGraph(browser, server, { project, call, nodes, graph_s, ...set }) {
  const goal = await call('POST', '/api/v1/goals', {
    project_id: project.id,
    title: 'A live graph',
    start: false,
    plan: lanes({ nodes, width: 13, sleep_ms: 1_000 }),
  })
  return withPage(browser, server, {
    ...set,
    work: async (opened) => {
      const { page } = opened
      let events = 0
      page.on('websocket', (socket) => socket.on('framereceived', () => (events += 1)))
      await page.goto(`${server.address}/goals/${goal.id}?view=graph`)
      await page.locator('.react-flow__node').first().waitFor({ timeout: 60_000 })
      await page.waitForTimeout(2_000)
      await call('POST', `/api/v1/goals/${goal.id}/resume`)
      await page.waitForTimeout(2_000)
      const before = events
      const rate = await frames(page).stopAfter(graph_s * 1_000)
      await call('POST', `/api/v1/goals/${goal.id}/cancel`, {})
      return {
        'live graph': `${nodes} nodes, ${((events - before) / graph_s).toFixed(0)} events/s: ${rate.per_s.toFixed(1)} frames/s, longest gap ${Math.round(rate.longest_ms)} ms, ${rate.over_33_ms} of ${rate.count} frames over 33 ms`,
      }
    },
  })
}

/** The page on a live graph for minutes: the heap after a collection, at the beginning and each minute. */
async function measureMemory(browser, server, { project, call, memory_min, ...set }) {
  // As many as keep events coming for ten minutes; what is not in view is not drawn.
  const nodes = 8_000
  return withPage(browser, server, {
    ...set,
    throttle: 1,
    work: async (opened) => {
      const { page, session } = opened
      const next = () =>
        call('POST', '/api/v1/goals', {
          project_id: project.id,
          title: 'Minutes of events',
          plan: lanes({ nodes, width: 13, sleep_ms: 1_000 }),
        })
      let goal = await next()
      await page.goto(`${server.address}/goals/${goal.id}?view=graph`)
      await page.locator('.react-flow__node').first().waitFor({ timeout: 60_000 })
      await page.waitForTimeout(30_000)
      const heaps = [await heapAfterGc(session)]
      for (let minute = 1; minute <= memory_min; minute += 1) {
        await page.waitForTimeout(60_000)
        heaps.push(await heapAfterGc(session))
        const { status } = await call('GET', `/api/v1/goals/${goal.id}`)
        if (status !== 'running') goal = await next()
      }
      await call('POST', `/api/v1/goals/${goal.id}/cancel`, {}).catch(() => undefined)
      return { 'heap after each minute of events': heaps.map((bytes) => `${(bytes / 1e6).toFixed(1)} MB`).join(', ') }
    },
  })
}
