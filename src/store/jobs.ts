// What has to be done later by any of the processes that share a store.

/** A job says which record to look at, and when. It may come twice, too late, or for nothing: the record is the truth. */
export type Jobs = {
  /** Adds a job, unless one of this name is there. @param handed what whoever does it is told, see `take` */
  add(key: string, name: string, inMs: number, handed?: boolean): void;
  /** Takes a job back, unless it is being done. */
  remove(name: string): void;
  /** From now on this process does jobs that are due, if it works at all. @param work must not reject */
  take(work: (key: string, name: string, handed: boolean) => Promise<void>): void;
  /** Takes and adds no more. */
  stop(): void;
  close(): Promise<void>;
};
