// The memory for pictures in use. Room is reserved for a whole picture before its bytes are read, so that none waits half
// read for another; but one that hardly arrives while others wait gives back what it does not fill.
import { SlowDownload } from '../errors.ts';
import { createSlots } from '../slots.ts';

/** The room of some pictures that are used together. */
export type Place = {
  /** Counts bytes that arrived. @throws {SlowDownload} when they came too late to keep their room */
  arrived(bytes: number): void;
  /** Counts bytes that are not needed any more. */
  dropped(bytes: number): void;
  /** Nothing more arrives. */
  complete(): void;
  leave(): void;
};

export type Room = {
  /** Waits, in order, until so many bytes are free; more than exist count as all. */
  enter(bytes: number): Promise<Place>;
};

/** How often arrival is looked at, and how little in that time is hardly anything: 64 KiB a second. */
const lookMs = 500;
const leastPerLook = 32_768;

/** @param creditBytes what pictures that gave room back may need above all of it, together */
export function createRoom(allBytes: number, creditBytes: number): Room {
  const slots = createSlots(allBytes);
  const credit = createSlots(creditBytes);

  return {
    async enter(bytes) {
      const giveBack = await slots.enter(bytes);
      /** What is reserved still, what of it is filled, and what is borrowed above it. */
      let reserved = Math.min(bytes, allBytes);
      let filled = 0;
      const borrowed: (() => void)[] = [];
      let sinceLook = 0;
      let timer: NodeJS.Timeout | undefined;

      function keepOnly(wanted: number): void {
        const kept = Math.min(reserved, wanted);
        giveBack(reserved - kept);
        reserved = kept;
      }

      function look(): void {
        if (slots.isCrowded() && sinceLook < leastPerLook) keepOnly(filled);
        sinceLook = 0;
      }

      function stopLooking(): void {
        clearInterval(timer);
        timer = undefined;
      }

      timer = setInterval(look, lookMs).unref();
      return {
        arrived(count) {
          sinceLook += count;
          const above = Math.max(0, filled + count - reserved) - Math.max(0, filled - reserved);
          filled += count;
          // Who has all the room may go above it: there is nobody else.
          if (above === 0 || reserved === allBytes) return;
          const repay = credit.take(above);
          if (!repay) throw new SlowDownload('it arrives too slowly while others wait');
          borrowed.push(repay);
        },
        dropped(count) {
          filled -= count;
          if (timer === undefined) keepOnly(filled);
        },
        complete() {
          stopLooking();
          keepOnly(filled);
        },
        leave() {
          stopLooking();
          keepOnly(0);
          for (const repay of borrowed.splice(0)) repay();
        },
      };
    },
  };
}
