import { type Hex, keccak256, stringToBytes } from 'viem'
import { type Audit, concluded, type Registry } from './audit.ts'
import { checkLeaves } from './check-leaves.ts'
import { type CallEvidence, EvidenceError, readCall } from './evidence.ts'
import type { Finding } from './finding.ts'
import type { Leaf } from './leaf.ts'

/** What the chain says of a call that was settled by itself. */
export interface SettledCall extends Leaf {
  /** whose call it was */
  readonly account: Hex
  /** Unix second of its block */
  readonly blockTime: bigint
}

/**
 * Audits a call that was settled by itself. Its signature is on chain and needs no evidence; what was published is compared
 * with what was settled.
 *
 * @param evidence the bytes that are said to be those of its Walrus blob; a sentence why there are none
 * @param isNamed whether the blob id names these very bytes, asked only where they differ from what is on chain
 */
export async function auditCall(
  call: SettledCall,
  evidence: Uint8Array | { readonly missing: string; readonly retry: boolean },
  isNamed: () => Promise<boolean>,
  registry: Registry,
): Promise<Audit> {
  const check = await checkLeaves([call], call.blockTime, registry)
  const findings: Finding[] = [...check.findings]
  let doubt = check.doubt
  let outputConfirmed: boolean | null = null
  if ('missing' in evidence) doubt ??= { reason: evidence.missing, retry: evidence.retry }
  else
    try {
      const said = readCall(evidence)
      const differences = differencesOf(call, said)
      if (differences.length === 0) outputConfirmed = confirms(said.output, call.outputHash)
      else if (await isNamed()) findings.push(...differences)
      else doubt ??= { reason: 'what was served is not what the blob id names', retry: true }
    } catch (error) {
      if (!(error instanceof EvidenceError)) throw error
      doubt ??= { reason: `the evidence cannot be read: ${error.message}`, retry: !(await isNamed()) }
    }
  return concluded(findings, doubt, { leaves: 1, registryAt: check.registryAt, outputConfirmed })
}

function differencesOf(call: SettledCall, said: CallEvidence): Finding[] {
  const differing = (['teeId', 'signature', 'timestamp', 'account'] as const).filter(
    (name) => String(said[name]).toLowerCase() !== String(call[name]).toLowerCase(),
  )
  return differing.map((name) => ({
    ...{ kind: 'payload' as const, leaf: 0, teeId: call.teeId },
    detail: `its ${name} is published as ${String(said[name]).slice(0, 80)}, settled as ${String(call[name]).slice(0, 80)}`,
  }))
}

/** Of text alone is known how it is hashed; how a request or a list of tool calls was spelt, the evidence does not say. */
function confirms(output: unknown, outputHash: Hex): true | null {
  return typeof output === 'string' && keccak256(stringToBytes(output)) === outputHash.toLowerCase() ? true : null
}
