import { Abs } from './Abs.ts'
import { Add } from './Add.ts'
import { ArgMax } from './ArgMax.ts'
import { AveragePool } from './AveragePool.ts'
import { BatchNormalization } from './BatchNormalization.ts'
import { Cast } from './Cast.ts'
import { Clip } from './Clip.ts'
import { Concat } from './Concat.ts'
import { Conv } from './Conv.ts'
import { ConvTranspose } from './ConvTranspose.ts'
import { Div } from './Div.ts'
import { Equal } from './Equal.ts'
import { Erf } from './Erf.ts'
import { Exp } from './Exp.ts'
import { Expand } from './Expand.ts'
import { Flatten } from './Flatten.ts'
import { Gather } from './Gather.ts'
import { Gelu } from './Gelu.ts'
import { Gemm } from './Gemm.ts'
import { GlobalAveragePool } from './GlobalAveragePool.ts'
import { HardSigmoid } from './HardSigmoid.ts'
import { HardSwish } from './HardSwish.ts'
import { Identity } from './Identity.ts'
import { LayerNormalization } from './LayerNormalization.ts'
import { LeakyRelu } from './LeakyRelu.ts'
import { Log } from './Log.ts'
import { MatMul } from './MatMul.ts'
import { Max } from './Max.ts'
import { MaxPool } from './MaxPool.ts'
import { Min } from './Min.ts'
import { Mul } from './Mul.ts'
import { Neg } from './Neg.ts'
import { Not } from './Not.ts'
import type { Operator } from './operator.ts'
import { Pad } from './Pad.ts'
import { Pow } from './Pow.ts'
import { PRelu } from './PRelu.ts'
import { ReduceMax } from './ReduceMax.ts'
import { ReduceMean } from './ReduceMean.ts'
import { ReduceSum } from './ReduceSum.ts'
import { Relu } from './Relu.ts'
import { Reshape } from './Reshape.ts'
import { Shape } from './Shape.ts'
import { Sigmoid } from './Sigmoid.ts'
import { Slice } from './Slice.ts'
import { Softmax } from './Softmax.ts'
import { Split } from './Split.ts'
import { Sqrt } from './Sqrt.ts'
import { Squeeze } from './Squeeze.ts'
import { Sub } from './Sub.ts'
import { Tanh } from './Tanh.ts'
import { Transpose } from './Transpose.ts'
import { Unsqueeze } from './Unsqueeze.ts'
import { Where } from './Where.ts'

/** Every operator that the contract can check, by its ONNX name. `abis/operators.ts` has the contracts. */
export const operators: ReadonlyMap<string, Operator> = new Map(
  Object.entries({
    Abs,
    Add,
    ArgMax,
    AveragePool,
    BatchNormalization,
    Cast,
    Clip,
    Concat,
    Conv,
    ConvTranspose,
    Div,
    Equal,
    Erf,
    Exp,
    Expand,
    Flatten,
    Gather,
    Gelu,
    Gemm,
    GlobalAveragePool,
    HardSigmoid,
    HardSwish,
    Identity,
    LayerNormalization,
    LeakyRelu,
    Log,
    MatMul,
    Max,
    MaxPool,
    Min,
    Mul,
    Neg,
    Not,
    PRelu,
    Pad,
    Pow,
    ReduceMax,
    ReduceMean,
    ReduceSum,
    Relu,
    Reshape,
    Shape,
    Sigmoid,
    Slice,
    Softmax,
    Split,
    Sqrt,
    Squeeze,
    Sub,
    Tanh,
    Transpose,
    Unsqueeze,
    Where,
  }),
)
