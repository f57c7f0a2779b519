import { randomUUID } from 'node:crypto'
import { closeSync, openSync, readSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/**
 * A file of one byte, without a name, in which a child notes the job that it runs. Its answers wait for each other, so
 * when it dies only this tells the job that killed it from those that had just finished.
 */
export class Progress {
  /** to hand to the child; undefined where no file can be made, then each answer is sent at once */
  readonly fd: number | undefined

  constructor() {
    const path = join(tmpdir(), `gainsay-${randomUUID()}`)
    try {
      this.fd = openSync(path, 'wx+', 0o600)
      rmSync(path)
    } catch {}
  }

  /** The last noted position. As trustworthy as the child, so it is only ever used among jobs of the same model. */
  read(): number | undefined {
    const byte = new Uint8Array(1)
    if (this.fd === undefined || readSync(this.fd, byte, 0, 1, 0) === 0) return undefined
    return byte[0]
  }

  close(): void {
    if (this.fd !== undefined) closeSync(this.fd)
  }
}
