import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { inferAll } from '../../node/infer.ts'
import type { Terms } from '../../protocol/arithmetic/bounds.ts'
import { toFixed } from '../../protocol/arithmetic/float32.ts'
import type { Range } from '../../protocol/arithmetic/range.ts'
import { committedModel } from '../../protocol/proof/committed-model.ts'
import { TracedOperator } from '../../protocol/proof/prove-operator.ts'
import { dtypes, elementCount, type NamedTensors, type Tensor } from '../../protocol/tensor.ts'
import { honestModels, traceOf } from './honest-traces.ts'

const terms: readonly Terms[] = [
  { rule: 'worstCase', lambda: 0 },
  { rule: 'probabilistic', lambda: 16 },
  { rule: 'probabilistic', lambda: 8 },
]
/** The largest finite float32, counted from zero. */
const LAST = 0x7f7fffff
const runs = { ocr_cls: 400, silero_vad: 1000, hello_deepa: 1000 }

describe.each(Object.entries(runs))('an element of an honest trace of %s', (name, numRuns) => {
  it('is false one float32 beyond either end of its range and anywhere farther, and nowhere within', async () => {
    const model = honestModels.find((one) => one.name === name)
    if (!model) throw new Error(`no model ${name}`)
    const { graph } = committedModel(model.file)
    const inputs = model.input('edges')
    const trace = new Map([...inputs, ...(await inferAll({ model: model.file, inputs }))])
    const drawn = fc.record({
      ...{ index: fc.nat(graph.operators.length - 1), at: fc.double({ min: 0, max: 0.999, noNaN: true }) },
      ...{ bound: fc.nat(terms.length - 1), share: fc.double({ min: 0, max: 1, noNaN: true }) },
    })
    const checked = { interval: 0, bits: 0, open: 0 }
    fc.assert(
      fc.property(drawn, ({ index, at, bound, share }) => {
        const operator = posted(graph, trace, index, terms[bound] as Terms, at)
        checked[operator.range.kind]++
        check(operator, share)
      }),
      { numRuns, seed: 4 },
    )
    expect(checked.interval).toBeGreaterThan(numRuns / 4)
    expect(checked.open).toBe(0)
  })
})

interface Posted {
  readonly range: Range
  readonly dtype: Tensor['dtype']
  /** whether it is false when these bits are posted */
  isFalse(bits: number): boolean
}

/** An element of an operator's first output, whose posted bits may be any. */
function posted(
  graph: ReturnType<typeof committedModel>['graph'],
  trace: NamedTensors,
  index: number,
  bound: Terms,
  at: number,
): Posted {
  const name = graph.names[graph.operators[index]?.firstOutput as number] as string
  const tensor = trace.get(name) as Tensor
  const data = new Uint8Array(tensor.data)
  const lied = { ...tensor, data }
  const element = Math.floor(at * elementCount(tensor.dims))
  const operator = new TracedOperator(
    graph,
    traceOf(graph, index, trace, new Map([...trace, [name, lied]])),
    index,
    bound,
  )
  const width = dtypes[tensor.dtype].bytes
  return {
    range: operator.range(0, element),
    dtype: tensor.dtype,
    isFalse: (bits) => {
      const little = new Uint8Array(8)
      new DataView(little.buffer).setUint32(0, bits, true)
      data.set(little.subarray(0, width), element * width)
      return operator.isFalse(0, element)
    },
  }
}

function check({ range, dtype, isFalse }: Posted, share: number): void {
  if (range.kind === 'bits') {
    const low = Number(range.bits & 0xffffffffn)
    // Upper halves are zero in what `isFalse` posts.
    expect(isFalse(low)).toBe(range.bits >> 32n !== 0n)
    expect(isFalse((low ^ 1) >>> 0)).toBe(true)
  }
  if (range.kind !== 'interval') return
  expect(dtype).toBe('float32')
  const [first, last] = [-farthest(-range.low), farthest(range.high)]
  expect(first).toBeLessThanOrEqual(last)
  for (const inside of [first, last, first + Math.floor(share * (last - first))])
    expect(isFalse(bitsAt(inside)), `${inside} in ${first}…${last}`).toBe(false)
  const beyond = [last + 1, last + 1 + Math.floor(share * (LAST - last - 1)), first - 1]
  for (const outside of [...beyond, first - 1 - Math.floor(share * (LAST + first - 1))])
    expect(isFalse(bitsAt(outside)), `${outside} outside ${first}…${last}`).toBe(true)
  for (const odd of [0x7f800000, 0xff800000, 0x7fc00000]) expect(isFalse(odd)).toBe(true)
}

/** The largest float32 that is not above a number in fixed point, counted from zero in steps from one to the next. */
function farthest(most: bigint): number {
  let [low, high] = [-LAST, LAST]
  while (low < high) {
    const middle = Math.ceil((low + high) / 2)
    if ((toFixed(bitsAt(middle)) as bigint) <= most) low = middle
    else high = middle - 1
  }
  return low
}

/** Bits of the float32 so many steps from zero. */
function bitsAt(steps: number): number {
  return steps < 0 ? (0x80000000 | -steps) >>> 0 : steps
}
