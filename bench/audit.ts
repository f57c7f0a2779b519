/**
 * How fast settled LLM calls are audited: a batch of leaves with real RSA signatures, evidence as OpenGradient's facilitator
 * writes it, on one core. Nothing of it waits for a chain or a server.
 *
 * ```sh
 * node --import tsx bench/audit.ts [--leaves 10000] [--rounds 5]
 * ```
 */
import { parseArgs } from 'node:util'
import type { Hex } from 'viem'
import { auditBatch } from '../networks/opengradient/settlement/audit-batch.ts'
import { readBatch } from '../networks/opengradient/settlement/evidence.ts'
import { leafHash } from '../networks/opengradient/settlement/leaf.ts'
import { rootOf } from '../networks/opengradient/settlement/tree.ts'
import { dumpOf, makeTee, registryOf, signedRows, treeOver } from '../test/networks/opengradient/settlement/tees.ts'
import { table } from './report.ts'

const { values } = parseArgs({
  options: { leaves: { type: 'string', default: '10000' }, rounds: { type: 'string', default: '5' } },
})
const [count, rounds] = [Number(values.leaves), Number(values.rounds)]
const NOW = 1_790_000_000n

/** CPU milliseconds of the fastest of some rounds: other processes of the machine only ever add. */
async function fastest(what: () => unknown): Promise<number> {
  let best = Number.POSITIVE_INFINITY
  for (let round = 0; round < rounds; round++) {
    const before = process.cpuUsage()
    await what()
    const { user, system } = process.cpuUsage(before)
    best = Math.min(best, (user + system) / 1000)
  }
  return best
}

const rows: string[][] = []
for (const bits of [2048, 4096]) {
  const tees = [makeTee(bits), makeTee(bits)]
  const tree = treeOver(await signedRows(tees, count, NOW))
  const evidence = dumpOf(tree)
  const batch = { merkleRoot: tree.root as Hex, batchSize: BigInt(count), blockTime: NOW }
  const audit = () => auditBatch(batch, evidence, async () => false, registryOf(tees))
  const { kind } = await audit()
  if (kind !== 'audited') throw new Error(`an honest batch is ${kind}`)
  const all = await fastest(audit)
  const rooting = await fastest(() => rootOf(readBatch(evidence).leaves.map(leafHash)))
  const perSecond = Math.round((count / all) * 1000).toLocaleString('en')
  rows.push([`RSA-${bits}`, (evidence.length / 2 ** 20).toFixed(1), all.toFixed(0), rooting.toFixed(0), perSecond])
}
console.log(table(['keys', 'evidence, MiB', 'audit, CPU ms', 'of it reading and root, ms', 'leaves a second'], rows))
