// Loaded into a server before anything else: how long its main thread was kept from answering, told by IPC. What counts is
// the processor time that the thread used between two ticks, since on a busy machine the clock says nothing of it; where the
// system does not tell that time, the clock is what is left. Threads of the server load it too, and are not measured.
import { readFileSync } from 'node:fs'
import { createHistogram } from 'node:perf_hooks'
import { isMainThread } from 'node:worker_threads'

const tick_ms = 10
/** Since each of these was last asked for. */
const since = { delays: createHistogram(), all_delays: createHistogram() }
if (isMainThread) measure()

function measure() {
  let before = used()
  setInterval(() => {
    const now = used()
    const busy_us = Math.max(1, Math.round((now - before) * 1000))
    for (const histogram of Object.values(since)) histogram.record(busy_us)
    before = now
  }, tick_ms).unref()
  process.on('message', (message) => {
    const histogram = since[message]
    if (!histogram) return
    process.send({ p99_ms: histogram.percentile(99) / 1000, max_ms: histogram.max / 1000, ticks: histogram.count })
    histogram.reset()
  })
  // The server ends when it has nothing left to do, and this is nothing.
  process.channel.unref()
}

/** Milliseconds of processor time of this thread, or of the clock. */
function used() {
  try {
    return Number(readFileSync('/proc/thread-self/schedstat', 'utf8').split(' ')[0]) / 1e6
  } catch {
    return performance.now()
  }
}
