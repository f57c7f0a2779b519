import { AveragePool } from './AveragePool.ts'
import { BatchNormalization } from './BatchNormalization.ts'
import { Conv } from './Conv.ts'
import { ConvTranspose } from './ConvTranspose.ts'
import { Gemm } from './Gemm.ts'
import { GlobalAveragePool } from './GlobalAveragePool.ts'
import { MatMul } from './MatMul.ts'
import { MaxPool } from './MaxPool.ts'
import type { Operator } from './operator.ts'
import { Relu } from './Relu.ts'
import { Reshape } from './Reshape.ts'

/** Every operator that the contract can check, by its ONNX name. `abis/operators.ts` has the contracts. */
export const operators: ReadonlyMap<string, Operator> = new Map(
  Object.entries({
    AveragePool,
    BatchNormalization,
    Conv,
    ConvTranspose,
    Gemm,
    GlobalAveragePool,
    MatMul,
    MaxPool,
    Relu,
    Reshape,
  }),
)
