import { execFileSync } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Large enough for a run's models, and small enough to be filled at once. */
const SIZE_MB = 96

/** A folder on a file system of its own that can be filled up, where this system mounts one for us. */
export interface Disk {
  readonly folder: string
  /** whether it can really be full; else only the journal can be made to believe it */
  readonly isReal: boolean
  /** Uses up all that is left, or gives it back. */
  setFull(full: boolean): void
  remove(): void
}

/** Makes a small disk; without the right to mount one, a plain folder. */
export function makeDisk(): Disk {
  const folder = mkdtempSync(join(tmpdir(), 'gainsay-chaos-'))
  let isReal = true
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${SIZE_MB}m`, 'tmpfs', folder], { stdio: 'ignore' })
  } catch {
    isReal = false
  }
  const ballast = join(folder, 'ballast')
  return {
    ...{ folder, isReal },
    setFull(full) {
      if (!isReal) return
      rmSync(ballast, { force: true })
      if (!full) return
      // The watcher writes meanwhile: only the last refusal tells that nothing is left.
      const file = openSync(ballast, 'a')
      for (const size of [1 << 20, 4_096, 1])
        try {
          for (;;) writeSync(file, Buffer.alloc(size))
        } catch (error) {
          if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error
        }
      closeSync(file)
    },
    remove() {
      if (isReal) execFileSync('umount', ['-l', folder], { stdio: 'ignore' })
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
