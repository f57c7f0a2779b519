import { create } from '@bufbuild/protobuf'
import { AttributeProto_AttributeType, AttributeProtoSchema, TensorProtoSchema } from 'onnx-buf'
import { expect } from 'vitest'
import type { Random } from '../../demo/random.ts'
import { bitsOf, numberOf, toFixed } from '../../protocol/arithmetic/float32.ts'
import { excludes, type Range } from '../../protocol/arithmetic/range.ts'
import type { OnnxOperator } from '../../protocol/operators/operator.ts'
import { operators } from '../../protocol/operators/table.ts'
import { View } from '../../protocol/operators/view.ts'
import { dtypes, elementCount, type Tensor } from '../../protocol/tensor.ts'
import { type RuntimeKind, runModel, type Variant } from '../../replay/runtime/runtime.ts'
import { graph, modelOf, operator } from '../protocol/tiny-onnx.ts'

/** Attributes as a model has them: bigints are whole numbers, numbers are floats. */
export type Attributes = Readonly<Record<string, bigint | number | string | readonly bigint[]>>

/** One operator with its inputs; the first is fed, the others are constants of the model. */
export interface Node {
  readonly type: string
  readonly attributes: Attributes
  readonly inputs: readonly (Tensor | undefined)[]
  readonly opset?: number
}

/** The node as `canonical` reads it. */
export function onnxOperator({ attributes, inputs, opset = 17 }: Node): OnnxOperator {
  const get = (name: string) => attributes[name]
  return {
    opset,
    inputs: inputs.length,
    outputs: 1,
    has: (input) => inputs[input] !== undefined,
    constant: (input) => (input === 0 ? undefined : inputs[input]),
    int: (name) => get(name) as bigint | undefined,
    ints: (name) => get(name) as readonly bigint[] | undefined,
    float: (name) => {
      const value = get(name)
      return value === undefined ? undefined : bitsOf(value as number)
    },
    text: (name) => get(name) as string | undefined,
  }
}

/** The query that the commitment leads to, but for the element. */
export function queryOf(node: Node) {
  const row = operators.get(node.type)
  if (!row) throw new Error(`no operator ${node.type} in the table`)
  const { attributes, inputs } = row.canonical(onnxOperator(node))
  return { attributes, inputs: inputs.map((input) => (input < 0 ? undefined : node.inputs[input])), output: 0 }
}

/** Runs the operator alone. */
export async function runNode(node: Node, runtime: RuntimeKind, variant: Variant): Promise<Tensor> {
  const names = node.inputs.map((tensor, i) => (tensor ? `i${i}` : ''))
  const attributes = Object.entries(node.attributes).map(([name, value]) => {
    const { INT, INTS, FLOAT, STRING } = AttributeProto_AttributeType
    if (typeof value === 'bigint') return create(AttributeProtoSchema, { name, type: INT, i: value })
    if (typeof value === 'number') return create(AttributeProtoSchema, { name, type: FLOAT, f: value })
    if (typeof value === 'string')
      return create(AttributeProtoSchema, { name, type: STRING, s: new TextEncoder().encode(value) })
    return create(AttributeProtoSchema, { name, type: INTS, ints: [...value] })
  })
  const initializers = node.inputs.flatMap((tensor, i) =>
    tensor && i > 0
      ? [
          create(TensorProtoSchema, {
            name: `i${i}`,
            dataType: dtypes[tensor.dtype].code,
            dims: tensor.dims.map(BigInt),
            rawData: tensor.data.slice(),
          }),
        ]
      : [],
  )
  const nodes = [operator(node.type, names, ['out'], attributes)]
  const main = graph({ nodes, inputs: ['i0'], outputs: ['out'], initializers })
  for (const { type } of [...main.input, ...main.output])
    if (type?.value.case === 'tensorType') type.value.value.elemType = dtypes[node.inputs[0]?.dtype ?? 'float32'].code
  const model = modelOf(main, { opset: BigInt(node.opset ?? 17) })
  const inputs = new Map([['i0', node.inputs[0] as Tensor]])
  const { outputs } = await runModel({ model, inputs, runtime, variant })
  return outputs.get('out') as Tensor
}

/** The largest share of its bound that any honest element took, by operator and rule. */
export const shares = new Map<string, number>()

/**
 * Runs the operator and holds sampled elements against their ranges under both rules: what the runtime gave is inside,
 * and what is moved beyond the bound is outside.
 *
 * @returns how many elements were held against an interval
 */
export async function expectHonest(
  node: Node,
  runtime: RuntimeKind,
  variant: Variant,
  random: Random,
  samples = 12,
): Promise<number> {
  const row = operators.get(node.type)
  const posted = await runNode(node, runtime, variant)
  const query = queryOf(node)
  const inputs = query.inputs.map((tensor) => tensor && new View(tensor))
  const view = new View(posted)
  let held = 0
  for (const terms of [{ rule: 'worstCase', lambda: 0 } as const, { rule: 'probabilistic', lambda: 8 } as const]) {
    const shape = row?.shape({ ...query, inputs, terms })
    expect({ dtype: shape?.dtype, dims: [...(shape?.dims ?? [])] }).toEqual({ dtype: posted.dtype, dims: posted.dims })
    for (let i = 0; i < samples; i++) {
      const index = random.below(elementCount(posted.dims))
      const range = row?.element({ ...query, inputs, terms, dims: posted.dims, index }) as Range
      const described = () =>
        `${node.type} ${JSON.stringify(node.attributes, (_, v) => (typeof v === 'bigint' ? Number(v) : v))} [${index}] = ${numberOf(Number(view.bits(index)))}`
      expect(excludes(range, view.bits(index)), described()).toBe(false)
      if (range.kind !== 'interval') continue
      held++
      const value = toFixed(Number(view.bits(index))) as bigint
      const half = (range.high - range.low) / 2n
      const off = value - (range.high + range.low) / 2n
      const share = Number(((off < 0n ? -off : off) * 10_000n) / half) / 10_000
      // Where the bound is only what is always allowed, the share of it says nothing.
      const key = `${node.type} ${terms.rule}`
      if (half > 1n << 22n) shares.set(key, Math.max(shares.get(key) ?? 0, share))
      // At least what float32 resolves there, so that rounding to it does not bring the number back.
      const by = Math.max(Number(half) * random.between(1.01, 1000), Math.abs(Number(value)) * 2 ** -22)
      const up = random.next() < 0.5
      const beyond = up ? Number(range.high) + by : Number(range.low) - by
      expect(excludes(range, BigInt(bitsOf(beyond / 2 ** 120))), described()).toBe(true)
    }
  }
  return held
}
