// Snowflake ids as Discord makes them: milliseconds since 2015-01-01 in the upper bits, a running number in the lower 22.
const EPOCH = 1_420_070_400_000;

export type Snowflakes = () => string;

/** The id that was made at that moment, with that running number. */
export function snowflakeAt(milliseconds: number, increment = 0): string {
  return String((BigInt(milliseconds - EPOCH) << 22n) | BigInt(increment));
}

/** When a snowflake was made, in milliseconds since the Unix epoch. */
export function snowflakeTime(id: string): number {
  return Number(BigInt(id) >> 22n) + EPOCH;
}

/** Makes a source of ids that never repeats one and always counts upwards. */
export function createSnowflakes(): Snowflakes {
  let last = 0n;
  return () => {
    const now = BigInt(snowflakeAt(Date.now()));
    last = now > last ? now : last + 1n;
    return String(last);
  };
}
