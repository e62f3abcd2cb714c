// Work under the same key waits in line, one after the other, within this process.

/** Does the work once all work that came before it under this key has ended, well or not. */
export type InLine = <Result>(key: string, work: () => Promise<Result>) => Promise<Result>;

export function createLines(): InLine {
  const lasts = new Map<string, Promise<unknown>>();
  return (key, work) => {
    const done = (lasts.get(key) ?? Promise.resolve()).then(work);
    const ended = done.then(
      () => {},
      () => {},
    );
    lasts.set(key, ended);
    void ended.then(() => {
      if (lasts.get(key) === ended) lasts.delete(key);
    });
    return done;
  };
}
