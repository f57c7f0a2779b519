import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Hex } from 'viem'
import { vi } from 'vitest'
import { encodeTensors } from '../../protocol/tensor.ts'
import { type Batch, type BatchResult, Child } from '../../replay/pool/child.ts'
import type { ReplayJob, ReplayOutcome } from '../../replay/pool/job.ts'
import { float32 } from './models.ts'

/** A folder of files for jobs. */
export class Folder {
  readonly path = mkdtempSync(join(tmpdir(), 'gainsay-pool-'))

  /** A job for a model, on the float32 input `x` = `[...values]`. */
  job(model: Uint8Array, values: number[] = [3], how: Partial<ReplayJob> = {}): ReplayJob {
    const hash = createHash('sha256').update(model).digest('hex')
    const modelPath = join(this.path, hash)
    writeFileSync(modelPath, model)
    const input = encodeTensors(new Map([['x', float32([values.length], (i) => values[i] as number)]]))
    return { modelHash: `0x${hash}` as Hex, modelPath, input, runtime: 'native', ...how }
  }

  file(name: string, bytes: Uint8Array): string {
    const path = join(this.path, name)
    writeFileSync(path, bytes)
    return path
  }

  remove(): void {
    rmSync(this.path, { recursive: true })
  }
}

/** The first element of the output `y`, or the reason why there is none. */
export function firstOf(outcome: ReplayOutcome): number | string {
  if (outcome.kind === 'failed') return outcome.reason
  if (outcome.kind === 'equal') return 'equal'
  const y = outcome.replayed.outputs.get('y')
  return y ? (new Float32Array(y.data.slice().buffer)[0] as number) : 'no y'
}

/** One batch that went to a child. */
export interface Sent {
  pid: number | undefined
  used: boolean
  batch: Batch
  result?: BatchResult
}

/** Records every batch that goes to any child, and how many are on their way at once. */
export function watchBatches(): { sent: Sent[]; mostAtOnce(): number } {
  const sent: Sent[] = []
  let now = 0
  let most = 0
  const run = Child.prototype.run
  vi.spyOn(Child.prototype, 'run').mockImplementation(async function (this: Child, batch) {
    const record: Sent = { pid: this.pid, used: this.used, batch }
    sent.push(record)
    most = Math.max(most, ++now)
    record.result = await run.call(this, batch)
    now--
    return record.result
  })
  return { sent, mostAtOnce: () => most }
}
