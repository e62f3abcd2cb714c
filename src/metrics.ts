// Metrics for operators to scrape. Labels come from short fixed lists, never from what people type.
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

export type Metrics = ReturnType<typeof createMetrics>;

export function createMetrics() {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const registers = [registry];
  return {
    /** The text of `GET /metrics` and its content type. */
    render: async () => ({ type: registry.contentType, text: await registry.metrics() }),
    editsClosed: new Counter({
      name: 'darkroom_edits_closed_total',
      help: 'Edits that reached their end, by state and reason',
      labelNames: ['state', 'reason'],
      registers,
    }),
    editsAccepted: new Counter({ name: 'darkroom_edits_accepted_total', help: 'Edits accepted', registers }),
    waiting: new Gauge({ name: 'darkroom_edits_waiting', help: 'Edits whose run is under way', registers }),
    callbacks: new Counter({
      name: 'darkroom_callbacks_total',
      help: 'Callbacks received, by what became of them',
      labelNames: ['result'],
      registers,
    }),
    callbacksMissed: new Counter({
      name: 'darkroom_callbacks_missed_total',
      help: 'Runs whose end had to be fetched, because no callback came for it in time',
      registers,
    }),
    acknowledgeSeconds: new Histogram({
      name: 'darkroom_acknowledge_seconds',
      help: 'From the interaction reaching the bot to its acknowledgement',
      buckets: [0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 3],
      registers,
    }),
    deliverSeconds: new Histogram({
      name: 'darkroom_deliver_seconds',
      help: 'From the end of a run being known to the picture being posted',
      buckets: [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300],
      registers,
    }),
    retries: new Counter({
      name: 'darkroom_retries_total',
      help: 'Steps that did not work out and will be tried again',
      labelNames: ['step'],
      registers,
    }),
  };
}
