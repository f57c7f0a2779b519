import { readFileSync } from 'node:fs'
import type { Hex } from 'viem'
import type { Registration } from '../../networks/opengradient/settlement/audit.ts'
import { auditBatch } from '../../networks/opengradient/settlement/audit-batch.ts'
import { auditCall } from '../../networks/opengradient/settlement/audit-call.ts'
import type { AuditJob, FromAuditor, ToAuditor } from './messages.ts'
import { namesBlob } from './walrus-name.ts'

// The auditor's own process: a stranger's JSON is parsed, and ten thousand signatures are checked, where nothing else waits
// and where memory is limited. One job at a time.

let answer: ((registrations: ReadonlyMap<Hex, Registration>) => void) | undefined

process.on('message', (message: ToAuditor) => {
  if ('registrations' in message) answer?.(message.registrations)
  else void run(message.job)
})
// Whoever started it is gone.
process.on('disconnect', () => process.exit(0))

async function run(job: AuditJob): Promise<void> {
  const began = performance.now()
  let named: boolean | null = null
  const read = (path: string) => readFileSync(path)
  const isNamed = async () => {
    named ??= 'path' in job.evidence && (await namesBlob(job.blobId, read(job.evidence.path)))
    return named
  }
  const registry = (teeIds: readonly Hex[]) =>
    new Promise<ReadonlyMap<Hex, Registration>>((resolve) => {
      answer = resolve
      say({ teeIds })
    })
  const audit =
    job.kind === 'batch'
      ? await auditBatch(job.batch, read(job.evidence.path), isNamed, registry)
      : await auditCall(job.call, 'path' in job.evidence ? read(job.evidence.path) : job.evidence, isNamed, registry)
  say({ audit, named, ms: performance.now() - began })
}

function say(message: FromAuditor): void {
  process.send?.(message)
}
