import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'

type Labels = Readonly<Record<string, string>>

interface MetricSpec {
  /** The unit comes last, `_total` for counters: `muster_runs_total`, `muster_claim_seconds`. */
  readonly name: string
  readonly help: string
  readonly labels?: readonly string[]
}

/** The numbers of this process for Prometheus. Labels have few values: never ids, never names that people give. */
export interface Metrics {
  counter(spec: MetricSpec): { add(labels?: Labels, value?: number): void }
  histogram(spec: MetricSpec & { readonly buckets?: readonly number[] }): {
    observe(value: number, labels?: Labels): void
  }
  /** `read` is asked at each scrape: one value, or one for each set of labels. */
  gauge(spec: MetricSpec & { read(): Promise<number | readonly GaugeValue[]> | number | readonly GaugeValue[] }): void
  /** All of it in Prometheus' text format. */
  text(): Promise<string>
  readonly content_type: string
}

export interface GaugeValue {
  readonly labels: Labels
  readonly value: number
}

/** Buckets from a millisecond to ten seconds, for claims as for slow uploads. */
export const seconds_buckets: readonly number[] = [
  0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
]

export function createMetrics(options: { readonly process: boolean } = { process: true }): Metrics {
  const registry = new Registry()
  const registers = [registry]
  if (options.process) collectDefaultMetrics({ register: registry, prefix: 'muster_' })
  return {
    counter({ name, help, labels = [] }) {
      const counter = new Counter({ name, help, labelNames: [...labels], registers })
      return { add: (labelValues = {}, value = 1) => counter.inc({ ...labelValues }, value) }
    },
    histogram({ name, help, labels = [], buckets = seconds_buckets }) {
      const histogram = new Histogram({ name, help, labelNames: [...labels], buckets: [...buckets], registers })
      return { observe: (value, labelValues = {}) => histogram.observe({ ...labelValues }, value) }
    },
    gauge({ name, help, labels = [], read }) {
      new Gauge({
        name,
        help,
        labelNames: [...labels],
        registers,
        async collect() {
          const measurement = await read()
          this.reset()
          if (typeof measurement === 'number') this.set(measurement)
          else for (const { labels: labelValues, value } of measurement) this.set({ ...labelValues }, value)
        },
      })
    },
    text: () => registry.metrics(),
    content_type: registry.contentType,
  }
}
