import type { Mode } from '../../protocol/status.ts'

/**
 * Why inferences of this mode are not replayed; undefined where they are. Of a proof the event says nothing: the node checks
 * a ZKML proof or a TEE's attestation before the event is made, and neither is on chain.
 */
export function notReplayed(mode: Mode | null): string | undefined {
  if (mode === 'vanilla') return undefined
  if (mode === 'zkml')
    return 'it rests on a zero-knowledge proof, which its event does not carry: what a quantised circuit gives is not what a replay of the model gives'
  if (mode === 'tee')
    return 'it rests on the word of a trusted execution environment, whose attestation its event does not carry'
  return 'its event names no mode that this index knows, or cannot be read at all'
}
