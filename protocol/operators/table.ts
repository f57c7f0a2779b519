import { Abs } from './Abs.ts'
import { Add } from './Add.ts'
import { Clip } from './Clip.ts'
import { Div } from './Div.ts'
import { Equal } from './Equal.ts'
import { Erf } from './Erf.ts'
import { Exp } from './Exp.ts'
import { Gelu } from './Gelu.ts'
import { HardSigmoid } from './HardSigmoid.ts'
import { HardSwish } from './HardSwish.ts'
import { LeakyRelu } from './LeakyRelu.ts'
import { Log } from './Log.ts'
import { MatMul } from './MatMul.ts'
import { Max } from './Max.ts'
import { Min } from './Min.ts'
import { Mul } from './Mul.ts'
import { Neg } from './Neg.ts'
import { Not } from './Not.ts'
import type { Operator } from './operator.ts'
import { Pow } from './Pow.ts'
import { PRelu } from './PRelu.ts'
import { Relu } from './Relu.ts'
import { Reshape } from './Reshape.ts'
import { Sigmoid } from './Sigmoid.ts'
import { Sqrt } from './Sqrt.ts'
import { Sub } from './Sub.ts'
import { Tanh } from './Tanh.ts'
import { Where } from './Where.ts'

/** Every operator that the contract can check, by its ONNX name. `abis/operators.ts` has the contracts. */
export const operators: ReadonlyMap<string, Operator> = new Map(
  Object.entries({
    Abs,
    Add,
    Clip,
    Div,
    Equal,
    Erf,
    Exp,
    Gelu,
    HardSigmoid,
    HardSwish,
    LeakyRelu,
    Log,
    MatMul,
    Max,
    Min,
    Mul,
    Neg,
    Not,
    Pow,
    PRelu,
    Relu,
    Reshape,
    Sigmoid,
    Sqrt,
    Sub,
    Tanh,
    Where,
  }),
)
