// A process's usage from Linux's /proc. Measures the subjects from outside, so that measuring costs them nothing.
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** `ownMb`: resident memory that is not a file's. */
export type Usage = { cpuMs: number; residentMb: number; ownMb: number; peakMb: number };

/** The kernel's USER_HZ, which is 100 on every architecture that Node runs on. */
const msPerTick = 10;

function readMb(status: string, field: string): number {
  return Number(new RegExp(`${field}:\\s+(\\d+) kB`).exec(status)?.[1] ?? Number.NaN) / 1024;
}

/** Processor time since its start, current and peak memory. NaN without /proc. */
export function readUsage(pid: number): Usage {
  try {
    // The second field is the name in brackets and may hold spaces; 14 and 15 are user and system time (proc(5)).
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ');
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    return {
      cpuMs: (Number(stat[11]) + Number(stat[12])) * msPerTick,
      residentMb: readMb(status, 'VmRSS'),
      ownMb: readMb(status, 'RssAnon'),
      peakMb: readMb(status, 'VmHWM'),
    };
  } catch {
    return { cpuMs: Number.NaN, residentMb: Number.NaN, ownMb: Number.NaN, peakMb: Number.NaN };
  }
}

/** Resident memory of a process and of those that it started, whose code is the same files, in memory once. */
function readFamilyMb(pid: number): number {
  try {
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').map(Number);
    const sizes = [readUsage(pid).residentMb, ...children.map((child) => readUsage(child).ownMb)];
    return sizes.reduce((sum, size) => sum + (Number.isNaN(size) ? 0 : size), 0);
  } catch {
    return 0;
  }
}

/** Looks at that often enough to see its peak. @returns a function that stops and says it */
export function watchFamily(pid: number): () => number {
  let peak = 0;
  const timer = setInterval(() => {
    peak = Math.max(peak, readFamilyMb(pid));
  }, 10);
  return () => {
    clearInterval(timer);
    return peak;
  };
}

/** Resets the peak memory. */
export function forgetPeak(pid: number): void {
  try {
    writeFileSync(`/proc/${pid}/clear_refs`, '5');
  } catch {
    // If this fails, the peak covers the whole lifetime, which can only be higher.
  }
}

/** Size of the SQLite files in a folder. */
export function storeBytes(folder: string): number {
  return ['', '-wal'].reduce((sum, end) => {
    return sum + (statSync(join(folder, `darkroom.sqlite${end}`), { throwIfNoEntry: false })?.size ?? 0);
  }, 0);
}
