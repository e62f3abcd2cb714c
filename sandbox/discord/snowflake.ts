// Discord's snowflake ids: milliseconds since 2015-01-01 in the upper bits, an increment in the lower 22.
const EPOCH = 1_420_070_400_000;

export type Snowflakes = () => string;

/** The snowflake for a time and increment. */
export function snowflakeAt(milliseconds: number, increment = 0): string {
  return String((BigInt(milliseconds - EPOCH) << 22n) | BigInt(increment));
}

/** A snowflake's time in milliseconds since the Unix epoch. */
export function snowflakeTime(id: string): number {
  return Number(BigInt(id) >> 22n) + EPOCH;
}

/** Creates a generator of strictly increasing ids. */
export function createSnowflakes(): Snowflakes {
  let last = 0n;
  return () => {
    const now = BigInt(snowflakeAt(Date.now()));
    last = now > last ? now : last + 1n;
    return String(last);
  };
}
