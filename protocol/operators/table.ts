import { MatMul } from './MatMul.ts'
import type { Operator } from './operator.ts'
import { Relu } from './Relu.ts'
import { Reshape } from './Reshape.ts'

/** Every operator that the contract can check, by its ONNX name. `abis/operators.ts` has the contracts. */
export const operators: ReadonlyMap<string, Operator> = new Map(
  Object.entries({
    MatMul,
    Relu,
    Reshape,
  }),
)
