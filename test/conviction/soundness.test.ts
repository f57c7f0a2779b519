import { afterAll, describe, expect, it } from 'vitest'
import type { Terms } from '../../protocol/arithmetic/bounds.ts'
import { toFixed } from '../../protocol/arithmetic/float32.ts'
import { View } from '../../protocol/operators/view.ts'
import { committedModel } from '../../protocol/proof/committed-model.ts'
import { largestDot } from '../../protocol/proof/largest-dot.ts'
import { TracedOperator } from '../../protocol/proof/prove-operator.ts'
import type { NamedTensors, Tensor } from '../../protocol/tensor.ts'
import { closeVariants } from '../corpus/variants.ts'
import { deviation, markdown, sizeOf } from './deviation.ts'
import {
  caseHash,
  type HonestModel,
  type HonestTrace,
  honestModels,
  honestTraces,
  pick,
  plainInputs,
  traceOf,
} from './honest-traces.ts'

/** The bounds of a registration that honest machines must be safe under, widest first. */
const bounds: readonly Terms[] = [
  { rule: 'worstCase', lambda: 0 },
  { rule: 'probabilistic', lambda: 16 },
  { rule: 'probabilistic', lambda: 8 },
]

/** What was found of operators of one type. */
interface Found {
  cases: number
  elements: number
  bits: number
  open: number
  /** largest distance from the middle of the interval in half widths, one a bound */
  readonly largest: number[]
  /** where the last of them was */
  where: string
}

const found = new Map<string, Found>()
/** These are reported by the number of terms, which the probabilistic bound depends on. */
const sums = new Set(['Conv', 'ConvTranspose', 'Gemm', 'MatMul'])
const convicted: string[] = []
const skipped = new Map<string, number>()
afterAll(closeVariants)

describe('an honest trace', () => {
  it.each(honestModels.map((model) => ({ name: model.name, model })))(
    'of $name holds no false element, whatever machine made it',
    async ({ model }) => {
      const realistic = Array.from({ length: model.inputs }, (_, i) => model.input(`soundness/${i}`))
      for (const inputs of [...realistic, ...plainInputs(realistic[0] as NamedTensors)]) await check(model, inputs)
      expect(convicted).toEqual([])
    },
    900_000,
  )

  it('was checked in more than 100,000 elements of which something can be said', () => {
    report()
    const elements = [...found.values()].reduce((sum, one) => sum + one.elements, 0)
    expect(elements).toBeGreaterThan(100_000)
  })
})

async function check(model: HonestModel, inputs: NamedTensors): Promise<void> {
  const { graph } = committedModel(model.file)
  const seen = graph.operators.map(() => new Set<string>())
  let reference: NamedTensors | undefined
  let number = 0
  const skip = (variant: string, reason: string) => skipped.set(`${model.name}, ${variant}: ${reason.slice(-160)}`, 1)
  for await (const trace of honestTraces(model, inputs, skip)) {
    reference ??= trace.made
    number++
    for (const index of graph.operators.keys()) {
      const hash = caseHash(graph, index, trace)
      if (seen[index]?.has(hash)) continue
      seen[index]?.add(hash)
      checkOperator(model, index, trace, reference, number)
    }
  }
}

function checkOperator(model: HonestModel, index: number, trace: HonestTrace, reference: NamedTensors, offset: number) {
  const { graph } = committedModel(model.file)
  const committed = traceOf(graph, index, trace.given, trace.made)
  const operators = bounds.map((terms) => new TracedOperator(graph, committed, index, terms))
  const [first] = operators as [TracedOperator]
  const operator = graph.operators[index] as (typeof graph.operators)[number]
  const { type, firstOutput } = operator
  const key = sums.has(type) ? `${type}, ${sizeOf(largestDot({ operators: [operator] }))}` : type
  const of = found.get(key) ?? { cases: 0, elements: 0, bits: 0, open: 0, largest: bounds.map(() => 0), where: '' }
  found.set(key, of)
  of.cases++
  for (let output = 0; output < first.outputs; output++) {
    const name = graph.names[firstOutput + output] as string
    const tensor = trace.made.get(name) as Tensor
    const at = `${model.name}, ${type} ${index}, ${trace.variant}, ${trace.kind}`
    if (operators.some((operator) => !operator.isShaped(output))) convicted.push(`${at}: shape`)
    const view = new View(tensor)
    for (const element of pick(tensor, reference.get(name), model.samples, offset)) {
      const ranges = operators.map((operator) => operator.range(output, element))
      if (ranges.some(({ kind }) => kind === 'open')) of.open++
      else of.elements++
      if (ranges[0]?.kind === 'bits') of.bits++
      for (const [bound, operator] of operators.entries()) {
        if (operator.isFalse(output, element)) convicted.push(`${at}, bound ${bound}: element ${element}`)
        const range = ranges[bound]
        if (range?.kind !== 'interval') continue
        const far = deviation(range, toFixed(Number(view.bits(element))) as bigint)
        if (far <= (of.largest[bound] as number)) continue
        of.largest[bound] = far
        of.where = at
      }
    }
  }
}

function report(): void {
  const rows = [...found]
    .sort(([a], [b]) => a.localeCompare(b))
    .map(([type, { elements, bits, open, largest, cases, where }]) => [
      ...[type, cases, elements, bits, open],
      ...(bits === elements ? ['–', '–', '–'] : largest.map((one) => one.toFixed(3))),
      where,
    ])
  const sum = (column: number) => rows.reduce((total, row) => total + (row[column] as number), 0)
  const head = ['operator', 'cases', 'elements', 'of them bits', 'open', 'worst case', 'λ = 16', 'λ = 8', 'where']
  console.log(markdown(head, [...rows, ['all', sum(1), sum(2), sum(3), sum(4), '', '', '', '']]))
  console.log([...skipped.keys()].join('\n'))
}
