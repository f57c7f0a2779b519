import type { Cheat } from './cheat.ts'
import { fp16Weights } from './fp16-weights.ts'
import { int8Weights } from './int8-weights.ts'
import { noise } from './noise.ts'
import { oneOperator } from './one-operator.ts'
import { otherRequest } from './other-request.ts'
import { silent } from './silent.ts'
import { swappedLabel } from './swapped-label.ts'
import { truncatedInput } from './truncated-input.ts'
import { withholder } from './withholder.ts'

/** Every cheat of the demo. */
export const cheats: readonly Cheat[] = [
  int8Weights,
  fp16Weights,
  otherRequest,
  truncatedInput,
  swappedLabel,
  noise,
  oneOperator,
  silent,
  withholder,
]
