import { readdirSync, readFileSync } from 'node:fs'

/** CPU time of a process so far, in seconds; null where there is no /proc. Of those of its children too that have ended. */
export function cpuSecondsOf(pid: number): number | null {
  const fields = statOf(pid)
  // Fields 14 to 17 of stat: its own user and system time, then its ended children's, in ticks of 10 ms.
  return fields && [11, 12, 13, 14].reduce((sum, at) => sum + Number(fields[at]), 0) / 100
}

/** The same of a process and all below it. */
export function cpuSecondsBelow(pid: number): number | null {
  const own = cpuSecondsOf(pid)
  if (own === null) return null
  return childrenOf(pid).reduce((sum, child) => sum + (cpuSecondsBelow(child) ?? 0), own)
}

function childrenOf(pid: number): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(statOf(Number(name))?.[1]) === pid)
    .map(Number)
}

/** What follows the name in /proc/<pid>/stat: state, parent, … */
function statOf(pid: number): string[] | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return stat.slice(stat.lastIndexOf(') ') + 2).split(' ')
  } catch {
    return null
  }
}
