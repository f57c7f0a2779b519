import { readFileSync, writeFileSync } from 'node:fs'

/** Resident memory of a process in MiB: now, and at its peak since the last {@link resetPeak} (or its start). */
export interface MemoryUse {
  readonly rssMb: number
  readonly peakMb: number
}

/** What the system says of a process's memory; undefined where it has no `/proc`, or the process is gone. */
export function memoryOf(pid: number | undefined): MemoryUse | undefined {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'latin1')
    const [rss, peak] = ['VmRSS', 'VmHWM'].map((name) => new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1])
    return rss && peak ? { rssMb: Number(rss) / 1024, peakMb: Number(peak) / 1024 } : undefined
  } catch {
    return undefined
  }
}

/** Lets the peak of a process's memory start anew, where the system can: what follows is then one batch's own. */
export function resetPeak(pid: number | undefined): void {
  try {
    // See proc(5), clear_refs: 5 resets VmHWM to what is resident now.
    writeFileSync(`/proc/${pid}/clear_refs`, '5')
  } catch {}
}
