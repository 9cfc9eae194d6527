/** What Prometheus reads at `/metrics`. */
import { Counter, collectDefaultMetrics, Histogram, Registry } from 'prom-client'

export interface Metrics {
  readonly registry: Registry
  /** Webhook requests, by event and by what became of them. */
  readonly webhooks: Counter<'event' | 'result'>
  /** Deliveries committed in one transaction. */
  readonly batch: Histogram
}

export function makeMetrics(): Metrics {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  return {
    registry,
    webhooks: new Counter({
      name: 'signalbox_webhooks_total',
      help: 'Webhook requests, by event and by what became of them',
      labelNames: ['event', 'result'],
      registers: [registry],
    }),
    batch: new Histogram({
      name: 'signalbox_delivery_batch_size',
      help: 'Deliveries committed together in one transaction',
      buckets: [1, 2, 4, 8, 16, 32, 64, 128],
      registers: [registry],
    }),
  }
}
