// The clock of a process, moved ahead: what takes days can be tried at once. The sandbox moves its own; the bot is given
// this file before its own code (`node --import`) and how far ahead it is, and does not know.

const RealDate = Date;
let aheadMs = Number(process.env.SANDBOX_AHEAD_MS ?? 0);

const now = () => RealDate.now() + aheadMs;

// Only what asks for the present moment is changed; timers keep their pace.
globalThis.Date = new Proxy(RealDate, {
  construct: (target, given, made) => Reflect.construct(target, given.length === 0 ? [now()] : given, made),
  apply: () => new RealDate(now()).toString(),
  get: (target, key) => (key === 'now' ? now : Reflect.get(target, key)),
});

/** How far ahead this process's clock is. */
export const movedBy = (): number => aheadMs;

/** Moves this process's clock on, or back to where it was. */
export function moveTime(ms: number): void {
  aheadMs += ms;
}

/** The environment of another process whose clock is to stand where ours does. */
export function movedEnvironment(): Record<string, string> {
  if (aheadMs === 0) return {};
  return { SANDBOX_AHEAD_MS: String(aheadMs), NODE_OPTIONS: `--import=${import.meta.url}` };
}
