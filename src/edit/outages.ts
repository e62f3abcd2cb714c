// Who waits for a service that is away. The first success wakes everybody, so that nobody sits out a backoff that has
// grown during the outage; until then one of them tries at short intervals.
import type { Clock } from '../clock.ts';
import type { Timing } from './timing.ts';

export type Service = 'discord' | 'runflow' | 'downloads';

export type Outages = {
  /** An edit is put off because of the service; nothing is tried within the next `leastMs` milliseconds. */
  wait(service: Service, editId: string, leastMs: number): void;
  /** The service did something for somebody. */
  answered(service: Service): void;
  /** Whether the edit was woken and may go on before it is due. */
  isWoken(editId: string): boolean;
  /** The edit got on. */
  done(editId: string): void;
  stop(): void;
};

/**
 * An edit that fails again after so many wake-ups is left to its own backoff: the service works, but not for it.
 * A handful, since the first answers after an outage may be luck.
 */
const mostWakeUps = 5;

export function createOutages(options: {
  advance: (editId: string) => void;
  clock: Clock;
  timing: Pick<Timing, 'probeMs'>;
}): Outages {
  const { advance, clock, timing } = options;
  const waiting: Record<Service, Map<string, number>> = {
    discord: new Map(),
    runflow: new Map(),
    downloads: new Map(),
  };
  const woken = new Set<string>();
  const wakeUps = new Map<string, number>();
  const probes = new Map<Service, () => void>();

  function wake(service: Service, editId: string): void {
    waiting[service].delete(editId);
    woken.add(editId);
    advance(editId);
  }

  function probe(service: Service): void {
    probes.delete(service);
    const ready = [...waiting[service]].find(([, notBefore]) => notBefore <= clock.elapsed());
    if (ready) wake(service, ready[0]);
    if (waiting[service].size > 0) planProbe(service);
  }

  function planProbe(service: Service): void {
    if (!probes.has(service))
      probes.set(
        service,
        clock.after(timing.probeMs, () => probe(service)),
      );
  }

  return {
    wait(service, editId, leastMs) {
      woken.delete(editId);
      // At the end of the line, so that each is tried in turn.
      waiting[service].delete(editId);
      waiting[service].set(editId, clock.elapsed() + leastMs);
      planProbe(service);
    },
    answered(service) {
      if (waiting[service].size === 0) return;
      for (const [editId, notBefore] of [...waiting[service]]) {
        const times = wakeUps.get(editId) ?? 0;
        if (notBefore > clock.elapsed() || times >= mostWakeUps) continue;
        wakeUps.set(editId, times + 1);
        wake(service, editId);
      }
    },
    isWoken: (editId) => woken.has(editId),
    done(editId) {
      woken.delete(editId);
      wakeUps.delete(editId);
      for (const line of Object.values(waiting)) line.delete(editId);
    },
    stop() {
      for (const cancel of probes.values()) cancel();
    },
  };
}
