import { ArgMax } from './ArgMax.ts'
import { Cast } from './Cast.ts'
import { Concat } from './Concat.ts'
import { Expand } from './Expand.ts'
import { Flatten } from './Flatten.ts'
import { Gather } from './Gather.ts'
import { Identity } from './Identity.ts'
import { LayerNormalization } from './LayerNormalization.ts'
import { MatMul } from './MatMul.ts'
import type { Operator } from './operator.ts'
import { Pad } from './Pad.ts'
import { ReduceMax } from './ReduceMax.ts'
import { ReduceMean } from './ReduceMean.ts'
import { ReduceSum } from './ReduceSum.ts'
import { Relu } from './Relu.ts'
import { Reshape } from './Reshape.ts'
import { Shape } from './Shape.ts'
import { Slice } from './Slice.ts'
import { Softmax } from './Softmax.ts'
import { Split } from './Split.ts'
import { Squeeze } from './Squeeze.ts'
import { Transpose } from './Transpose.ts'
import { Unsqueeze } from './Unsqueeze.ts'

/** Every operator that the contract can check, by its ONNX name. `abis/operators.ts` has the contracts. */
export const operators: ReadonlyMap<string, Operator> = new Map(
  Object.entries({
    ArgMax,
    Cast,
    Concat,
    Expand,
    Flatten,
    Gather,
    Identity,
    LayerNormalization,
    MatMul,
    Pad,
    ReduceMax,
    ReduceMean,
    ReduceSum,
    Relu,
    Reshape,
    Shape,
    Slice,
    Softmax,
    Split,
    Squeeze,
    Transpose,
    Unsqueeze,
  }),
)
