// An event bus, for the live page and for promises that wait for a message to change.
export type Bus<Events> = {
  on<Name extends keyof Events>(event: Name, listener: (subject: Events[Name]) => void): () => void;
  emit<Name extends keyof Events>(event: Name, subject: Events[Name]): void;
};

/** Creates a bus without listeners. */
export function createBus<Events>(): Bus<Events> {
  const listeners: { [Name in keyof Events]?: Set<(subject: Events[Name]) => void> } = {};
  return {
    on(event, listener) {
      const set = listeners[event] ?? new Set();
      listeners[event] = set;
      set.add(listener);
      return () => set.delete(listener);
    },
    emit(event, subject) {
      for (const listener of [...(listeners[event] ?? [])]) listener(subject);
    },
  };
}

/** Resolves with the first value `read` returns, now or after any of the events; rejects on timeout. */
export function waitFor<Events, Value>(
  bus: Bus<Events>,
  events: (keyof Events)[],
  read: () => Value | undefined,
  timeoutMs: number,
  what: () => string,
): Promise<Value> {
  const now = read();
  if (now !== undefined) return Promise.resolve(now);
  return new Promise((resolve, reject) => {
    const stops = events.map((event) => bus.on(event, look));
    const timer = setTimeout(() => {
      stop();
      reject(new Error(`${what()} within ${timeoutMs} ms`));
    }, timeoutMs);
    function stop() {
      clearTimeout(timer);
      for (const off of stops) off();
    }
    function look() {
      try {
        const value = read();
        if (value === undefined) return;
        stop();
        resolve(value);
      } catch (error) {
        stop();
        reject(error);
      }
    }
  });
}
