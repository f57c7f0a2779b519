import { readdirSync, readFileSync } from 'node:fs'

/** CPU time of a process since it began, user and system, all threads, in ms. */
export function cpuMs(pid: number): number {
  let total = 0
  for (const thread of readdirSync(`/proc/${pid}/task`))
    try {
      // Nanoseconds on a CPU; `stat` counts in ticks of 10 ms, as long as many small replays.
      total += Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'latin1').split(' ')[0]) / 1e6
    } catch {}
  return total
}

/** The processes that descend from this one. */
export function descendants(): number[] {
  const parents = new Map<number, number>()
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry)) continue
    try {
      // The name, in brackets, may hold anything; the state and the parent's id follow it.
      const fields = readFileSync(`/proc/${entry}/stat`, 'latin1').split(') ').at(-1)?.split(' ') ?? []
      parents.set(Number(entry), Number(fields[1]))
    } catch {}
  }
  const found = new Set([process.pid])
  for (let size = 0; size !== found.size; ) {
    size = found.size
    for (const [pid, parent] of parents) if (found.has(parent)) found.add(pid)
  }
  found.delete(process.pid)
  return [...found]
}

/** Resident memory of these processes together, in MiB. */
export function residentMb(pids: readonly number[]): number {
  let pages = 0
  for (const pid of pids)
    try {
      pages += Number(readFileSync(`/proc/${pid}/statm`, 'latin1').split(' ')[1])
    } catch {}
  return (pages * 4096) / 2 ** 20
}
