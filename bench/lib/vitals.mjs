// What a browser says of itself: paints, interactions, frames, memory.

/** Collects the largest contentful paint and every interaction from the first moment on, in `globalThis.vitals`. */
export function watchVitals(page) {
  return page.addInitScript(() => {
    const vitals = { lcp_ms: 0, interactions: new Map() }
    globalThis.vitals = vitals
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) vitals.lcp_ms = Math.max(vitals.lcp_ms, entry.startTime)
    }).observe({ type: 'largest-contentful-paint', buffered: true })
    new PerformanceObserver((list) => {
      for (const { interactionId, duration, name, target } of list.getEntries()) {
        if (!interactionId) continue
        const before = vitals.interactions.get(interactionId)
        if (before === undefined || before.duration < duration)
          vitals.interactions.set(interactionId, { duration, name, on: target?.nodeName ?? '' })
      }
    }).observe({ type: 'event', durationThreshold: 16, buffered: true })
  })
}

/** The 98th percentile of interactions, which is the slowest where there are fewer than fifty. */
export async function slowInteractions(page) {
  const all = await page.evaluate(() => [...globalThis.vitals.interactions.values()])
  const sorted = all.sort((one, other) => other.duration - one.duration)
  const skipped = Math.floor(sorted.length / 50)
  return {
    inp_ms: sorted[skipped]?.duration ?? 0,
    count: sorted.length,
    names: sorted.slice(0, 3).map(({ name, on, duration }) => `${name} on ${on.toLowerCase()} ${duration} ms`),
  }
}

/** Counts frames from now on. */
export function frames(page) {
  const started = page.evaluate(() => {
    const seen = { gaps: [], last: performance.now(), on: true }
    globalThis.seenFrames = seen
    const next = (now) => {
      seen.gaps.push(now - seen.last)
      seen.last = now
      if (seen.on) requestAnimationFrame(next)
    }
    requestAnimationFrame(next)
  })
  const stop = async () => {
    await started
    const gaps = await page.evaluate(() => {
      globalThis.seenFrames.on = false
      return globalThis.seenFrames.gaps
    })
    const total_ms = gaps.reduce((sum, gap) => sum + gap, 0)
    return {
      count: gaps.length,
      per_s: (gaps.length / total_ms) * 1000,
      longest_ms: Math.max(...gaps),
      over_33_ms: gaps.filter((gap) => gap > 33.4).length,
    }
  }
  return {
    stop,
    async stopAfter(ms) {
      await page.waitForTimeout(ms)
      return stop()
    },
  }
}

/** Bytes of JavaScript's heap that are still in use after a collection. */
export async function heapAfterGc(session) {
  await session.send('HeapProfiler.collectGarbage')
  const { usedSize } = await session.send('Runtime.getHeapUsage')
  return usedSize
}
