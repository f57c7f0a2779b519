import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Hex } from 'viem'
import { afterAll, expect, it } from 'vitest'
import { Auditor } from '../../../../watcher/audits/auditor.ts'
import type { AuditJob } from '../../../../watcher/audits/messages.ts'
import { dumpOf, makeTee, registryOf, signedRows, treeOver } from './tees.ts'

const NOW = 1_790_000_000n
const folder = mkdtempSync(join(tmpdir(), 'gainsay-auditor-'))
const auditors: Auditor[] = []
afterAll(() => {
  for (const auditor of auditors) auditor.close()
  rmSync(folder, { recursive: true })
})

function startAuditor(options: { timeoutMs?: number; heapMb?: number }): Auditor {
  const auditor = new Auditor(options)
  auditors.push(auditor)
  return auditor
}

function jobOf(name: string, bytes: Uint8Array, root: string, size: number): AuditJob {
  const path = join(folder, name)
  writeFileSync(path, bytes)
  const batch = { merkleRoot: root as Hex, batchSize: BigInt(size), blockTime: NOW }
  return { kind: 'batch', blobId: '', evidence: { path }, batch }
}

it('audits in a process of its own, while this one goes on, and survives what kills that process', async () => {
  const tees = [makeTee()]
  const tree = treeOver(await signedRows(tees, 300, NOW))
  const auditor = startAuditor({ heapMb: 128 })
  const job = jobOf('honest', dumpOf(tree), tree.root, 300)
  // Thirty megabytes of objects take more memory than its process may have.
  const bomb = new TextEncoder().encode(`[${'{},'.repeat(10 * 2 ** 20)}{}]`)
  const [honest, bombed, again] = await Promise.all([
    auditor.audit(job, registryOf(tees)),
    auditor.audit(jobOf('bomb', bomb, tree.root, 1), registryOf(tees)),
    auditor.audit(job, registryOf(tees)),
  ])
  expect(honest.audit).toMatchObject({ kind: 'audited', leaves: 300 })
  expect(bombed.audit).toMatchObject({ kind: 'undetermined', retry: false, reason: expect.stringContaining('memory') })
  expect(again.audit).toMatchObject({ kind: 'audited', leaves: 300 })
})

it('gives up on what takes too long', async () => {
  const tees = [makeTee()]
  const tree = treeOver(await signedRows(tees, 3, NOW))
  const { audit } = await startAuditor({ timeoutMs: 1 }).audit(
    jobOf('slow', dumpOf(tree), tree.root, 3),
    registryOf(tees),
  )
  expect(audit).toMatchObject({
    kind: 'undetermined',
    retry: true,
    reason: expect.stringContaining('longer than 1 ms'),
  })
})
