import type { Random } from '../../demo/random.ts'
import { NotProvableError } from '../../protocol/operators/operator.ts'
import { operators } from '../../protocol/operators/table.ts'
import { UnfitError } from '../../protocol/operators/unfit.ts'
import { View } from '../../protocol/operators/view.ts'
import type { Tensor } from '../../protocol/tensor.ts'
import type { Case } from './chain-operators.ts'
import { floats, wholes } from './random-tensors.ts'
import { type Node, queryOf } from './runtime-check.ts'

/** How large drawn tensors are: up to this many channels, and elements a spatial axis. */
export interface Sizes {
  readonly channels: number
  readonly pixels: number
  /** how often a number is special */
  readonly strange: number
}

const many = <T>(count: number, draw: () => T): T[] => Array.from({ length: count }, draw)
const some = <T>(random: Random, values: readonly T[]): T => values[random.below(values.length)] as T

/** Draws an operator of this type with its inputs. */
export const randomNodes: Readonly<Record<string, (random: Random, sizes: Sizes) => Node>> = {
  MatMul(random, { channels, strange }) {
    const [m, k, n] = [1 + random.below(4), 1 + random.below(8 * channels), 1 + random.below(5)]
    const batch = some(random, [[], [], [2], [2, 1]])
    const inputs = [floats(random, [...batch, m, k], strange), floats(random, [k, n], strange)]
    return { type: 'MatMul', attributes: {}, inputs }
  },
  Gemm(random, { channels, strange }) {
    const [m, k, n] = [1 + random.below(4), 1 + random.below(8 * channels), 1 + random.below(5)]
    const [transA, transB] = [random.below(2), random.below(2)]
    const c = some(random, [undefined, [n], [m, n], [1], [], [m, 1], [1, n]])
    return {
      type: 'Gemm',
      attributes: {
        transA: BigInt(transA),
        transB: BigInt(transB),
        ...(random.next() < 0.4 ? { alpha: Math.fround(random.normal()) } : {}),
        ...(random.next() < 0.4 ? { beta: Math.fround(random.normal()) } : {}),
      },
      inputs: [
        floats(random, transA ? [k, m] : [m, k], strange),
        floats(random, transB ? [n, k] : [k, n], strange),
        ...(c ? [floats(random, c, strange)] : []),
      ],
    }
  },
  Conv(random, sizes) {
    const { group, own, x, attributes, kernel } = convolution(random, sizes)
    const maps = group * (1 + random.below(3))
    const inputs = [x, floats(random, [maps, own, ...kernel], sizes.strange)]
    if (random.next() < 0.5) inputs.push(floats(random, [maps], sizes.strange))
    return { type: 'Conv', attributes, inputs }
  },
  ConvTranspose(random, sizes) {
    const { group, own, x, attributes, kernel } = convolution(random, sizes, false)
    const maps = 1 + random.below(3)
    const inputs = [x, floats(random, [group * own, maps, ...kernel], 0)]
    if (random.next() < 0.5) inputs.push(floats(random, [maps * group], sizes.strange))
    const { strides } = attributes
    const extra = strides.map((stride) => BigInt(random.below(Number(stride))))
    return { type: 'ConvTranspose', attributes: { ...attributes, output_padding: extra }, inputs }
  },
  MaxPool(random, sizes) {
    const { x, attributes, kernel } = convolution(random, sizes)
    const { group: _, ...own } = attributes
    const dtype = some(random, ['int8', 'uint8'] as const)
    const bytes = random.next() < 0.2 ? wholes(dtype, x.dims, Array.from(x.data.subarray(0, x.data.length / 4))) : x
    return {
      type: 'MaxPool',
      attributes: { ...own, kernel_shape: kernel.map(BigInt), ceil_mode: BigInt(random.below(2)) },
      inputs: [bytes],
    }
  },
  AveragePool(random, sizes) {
    const { x, attributes, kernel } = convolution(random, sizes)
    const { group: _, dilations: __, ...own } = attributes
    return {
      type: 'AveragePool',
      attributes: {
        ...own,
        kernel_shape: kernel.map(BigInt),
        ceil_mode: BigInt(random.below(2)),
        count_include_pad: BigInt(random.below(2)),
      },
      inputs: [x],
    }
  },
  GlobalAveragePool(random, { channels, pixels, strange }) {
    const spatial = many(1 + random.below(3), () => 1 + random.below(pixels))
    const dims = [1 + random.below(2), 1 + random.below(channels), ...spatial]
    return { type: 'GlobalAveragePool', attributes: {}, inputs: [floats(random, dims, strange)] }
  },
  BatchNormalization(random, { channels, pixels, strange }) {
    const count = 1 + random.below(channels)
    const dims = [1 + random.below(2), count, ...many(random.below(3), () => 1 + random.below(pixels))]
    const variance = floats(random, [count], strange)
    // Mostly positive, as variances are.
    if (random.next() < 0.95)
      for (let i = 3; i < variance.data.length; i += 4) variance.data[i] = (variance.data[i] as number) & 0x7f
    const inputs = [floats(random, dims, strange), ...many(3, () => floats(random, [count], strange)), variance]
    const epsilon = some(random, [undefined, 1e-3, 1e-6, 0.1])
    return {
      type: 'BatchNormalization',
      attributes: { ...(epsilon === undefined ? {} : { epsilon: Math.fround(epsilon) }) },
      inputs,
    }
  },
}

/** Draws a case for both sides, with random layouts. Attributes that no model may have are drawn again. */
export function randomCase(random: Random, type: string, sizes: Sizes): Case {
  for (;;) {
    const node = drawn(random, type, sizes)
    const query = queryOf(node)
    const inputs = query.inputs.map((tensor) => tensor && new View(tensor))
    const terms =
      random.next() < 0.5
        ? ({ rule: 'worstCase', lambda: 0 } as const)
        : ({ rule: 'probabilistic', lambda: 8 } as const)
    let dims: readonly number[]
    try {
      dims = operators.get(type)?.shape({ ...query, inputs, terms }).dims ?? []
    } catch (error) {
      if (!(error instanceof UnfitError)) throw error
      // Both sides must refuse it.
      if (random.next() < 0.9) continue
      dims = query.inputs[0]?.dims ?? []
    }
    const count = dims.reduce((product, size) => product * size, 1)
    const axes = query.inputs.map(() => random.below(6) - 3)
    return { type, axes, query: { ...query, terms, dims, index: random.below(count) } }
  }
}

/** Draws a node that has a canonical form. */
export function drawn(random: Random, type: string, sizes: Sizes): Node {
  for (;;) {
    const node = randomNodes[type]?.(random, sizes)
    if (!node) throw new Error(`no node of type ${type}`)
    try {
      queryOf(node)
      return node
    } catch (error) {
      if (!(error instanceof NotProvableError)) throw error
    }
  }
}

/** Draws a node that the contract has a shape for: not one that runtimes disagree on. */
export function fitting(random: Random, type: string, sizes: Sizes): Node {
  for (;;) {
    const node = drawn(random, type, sizes)
    const query = queryOf(node)
    try {
      const inputs = query.inputs.map((tensor) => tensor && new View(tensor))
      operators.get(type)?.shape({ ...query, inputs, terms: { rule: 'worstCase', lambda: 0 } })
      return node
    } catch (error) {
      if (!(error instanceof UnfitError)) throw error
    }
  }
}

function convolution(random: Random, { channels, pixels, strange }: Sizes, same = true) {
  const rank = some(random, [1, 1, 2, 2, 2, 3])
  const group = some(random, [1, 1, 1, 2, 3])
  const own = 1 + random.below(channels)
  const each = (most: number) => many(rank, () => 1 + random.below(most))
  const kernel = each(rank === 3 ? 2 : 3)
  const dilations = random.next() < 0.3 ? each(2) : many(rank, () => 1)
  const strides = random.next() < 0.5 ? each(3) : many(rank, () => 1)
  const heads = kernel.map((size) => random.below(size))
  const tails = kernel.map((size) => random.below(size))
  const spatial = kernel.map((size, i) => (size - 1) * (dilations[i] as number) + random.below(pixels) + 1)
  const x: Tensor = floats(random, [1 + random.below(2), group * own, ...spatial], strange)
  const auto = random.next()
  const attributes = {
    group: BigInt(group),
    strides: strides.map(BigInt),
    dilations: dilations.map(BigInt),
    ...(auto < 0.7 || !same
      ? { pads: [...heads, ...tails].map(BigInt) }
      : { auto_pad: some(random, ['VALID', 'SAME_UPPER', 'SAME_LOWER']) }),
  }
  return { group, own, x, attributes, kernel }
}
