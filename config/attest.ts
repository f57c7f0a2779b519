import { z } from 'zod'
import { flag } from './values.ts'

/** The environment variables of attestations; see docs/attestations.md. */
export const attestVariables = {
  GAINSAY_ATTEST: flag.default(false),
  GAINSAY_ATTEST_DEPTH: z.coerce.number().int().min(0).max(100_000).default(30),
}

/** Whether verdicts on networks without challenges are signed and published, and when. */
export interface AttestConfig {
  /** off by default: what is signed and published cannot be taken back */
  on: boolean
  /** blocks that must be on top of an event's */
  depth: number
}

/** The part of a configuration that is about attestations. */
export function attestOf(it: z.infer<z.ZodObject<typeof attestVariables>>): AttestConfig {
  return { on: it.GAINSAY_ATTEST, depth: it.GAINSAY_ATTEST_DEPTH }
}
