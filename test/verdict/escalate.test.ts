import { describe, expect, it } from 'vitest'
import type { NamedTensors } from '../../protocol/tensor.ts'
import { type Findings, nextStep, type Opinion, type TraceFinding } from '../../verdict/escalate.ts'
import type { Form } from '../../verdict/form.ts'
import type { Rule, Verdict } from '../../verdict/verdict.ts'

const rule: Rule = { precision: 'fp32', tolerance: 1e-4 }
const outputs = (...values: number[]): NamedTensors =>
  new Map([['y', { dtype: 'float32', dims: [values.length], data: new Uint8Array(Float32Array.from(values).buffer) }]])
const label = (value: number): NamedTensors =>
  new Map([['label', { dtype: 'int64', dims: [1], data: new Uint8Array(BigInt64Array.of(BigInt(value)).buffer) }]])

const opinion = (value: number | NamedTensors, runtime: string, form?: Form, scores?: NamedTensors): Opinion => {
  const given = typeof value === 'number' ? outputs(value) : value
  const forms = new Map(form ? [...given.keys()].map((name) => [name, form] as const) : [])
  return { kind: 'ran', runtime, replayed: { outputs: given, forms, scores: scores ?? new Map() } }
}
const failed: Opinion = { kind: 'failed', reason: 'it hung', retryable: true }
const posted = outputs(1)
const right = opinion(1, 'a')
const wrong = opinion(2, 'a')
const sound: TraceFinding = { kind: 'sound', runtimes: ['t'] }
const broken: TraceFinding = { kind: 'broken', where: '"Conv_3"', runtimes: ['t'] }

const next = (findings: Partial<Findings> & Pick<Findings, 'first'>) => nextStep({ rule, posted, ...findings })
const verdictOf = (findings: Partial<Findings> & Pick<Findings, 'first'>): Verdict => {
  const step = next(findings)
  if (step.kind !== 'settled') throw new Error(`it asks for ${step.what}`)
  return step.verdict
}

describe('nextStep', () => {
  it('settles equal bytes and small distances at once, whatever else is known', () => {
    expect(verdictOf({ first: right, second: opinion(5, 'b') })).toMatchObject({ kind: 'valid', step: 'bytes' })
    expect(verdictOf({ first: opinion(1.00001, 'a') })).toMatchObject({ kind: 'valid', step: 'distance', output: 'y' })
  })

  it('asks the variants, then a second runtime, before it calls anything invalid', () => {
    expect(next({ first: wrong })).toEqual({ kind: 'ask', what: 'variants' })
    expect(next({ first: wrong, variants: [wrong] })).toEqual({ kind: 'ask', what: 'second' })
    expect(verdictOf({ first: wrong, variants: [wrong], second: opinion(2, 'b') })).toEqual({
      kind: 'invalid',
      step: 'second',
      evidence: {
        ...{ output: 'y', kind: 'distance', distance: 0.5, tolerance: 1e-4, envelope: 0, at: 0 },
        ...{ posted: '1', replayed: '2', runtimes: ['a', 'b'] },
      },
    })
  })

  it('skips the variants where no distance is concerned: other bits, another shape', () => {
    const exact: Rule = { precision: 'exact', tolerance: 0 }
    expect(next({ rule: exact, first: wrong })).toEqual({ kind: 'ask', what: 'second' })
    expect(verdictOf({ rule: exact, first: wrong, second: opinion(2, 'b') })).toMatchObject({ kind: 'invalid' })
    const shape = outputs(1, 2)
    expect(next({ posted: shape, first: right })).toEqual({ kind: 'ask', what: 'second' })
    expect(verdictOf({ posted: shape, first: right, second: right })).toMatchObject({
      kind: 'invalid',
      evidence: { kind: 'shape', envelope: null },
    })
  })

  it.each<[string, Partial<Findings> & Pick<Findings, 'first'>, RegExp, boolean]>([
    ['a failed replay', { first: failed }, /it hung/, true],
    ['a tolerance that is none', { rule: { ...rule, tolerance: Number.NaN }, first: wrong }, /tolerance/, false],
    ['a failed second', { first: wrong, variants: [], second: failed }, /no second opinion: it hung/, true],
    [
      'a second that finds it right',
      { first: wrong, variants: [], second: right, trace: { kind: 'none' } },
      /runtimes disagree/,
      false,
    ],
    [
      'a second as far away on the other side',
      { first: wrong, variants: [], second: opinion(3, 'b'), trace: { kind: 'none' } },
      /runtimes disagree/,
      false,
    ],
    [
      'a difference within the envelope',
      { first: wrong, variants: [opinion(1.8, 'v')], trace: { kind: 'none' } },
      /not beyond what honest machines differ by/,
      false,
    ],
    [
      'variants that make no numbers',
      { first: wrong, variants: [opinion(Number.NaN, 'v')], trace: { kind: 'none' } },
      /honest machines/,
      false,
    ],
    [
      'exact replays that differ from each other',
      { rule: { precision: 'exact', tolerance: 0 }, first: wrong, second: opinion(3, 'b'), trace: { kind: 'none' } },
      /runtimes disagree/,
      false,
    ],
  ])('leaves %s undetermined', (_, findings, reason, retryable) => {
    expect(verdictOf(findings)).toMatchObject({
      kind: 'undetermined',
      retryable,
      reason: expect.stringMatching(reason),
    })
  })

  it('calls invalid what lies far outside the envelope, however tight the tolerance, and not what lies inside', () => {
    const tight: Rule = { precision: 'fp32', tolerance: 1e-12 }
    const near = (value: number) =>
      verdictOf({
        rule: tight,
        posted: outputs(value),
        first: right,
        variants: [right],
        second: right,
        trace: { kind: 'none' },
      })
    // Eight times the floor of 1e-6 is let pass, since few set-ups were tried.
    expect(near(1 + 7e-6)).toMatchObject({ kind: 'undetermined', step: 'envelope' })
    expect(near(1 + 9e-6)).toMatchObject({ kind: 'invalid', evidence: { tolerance: 8e-6, envelope: 0 } })
  })

  it('asks the trace where the runtimes leave it open, and lets a sound one clear the node', () => {
    const open = { first: wrong, variants: [], second: right }
    expect(next(open)).toEqual({ kind: 'ask', what: 'trace' })
    expect(verdictOf({ ...open, trace: sound })).toMatchObject({
      kind: 'valid',
      step: 'trace',
      runtimes: ['a', 'a', 't'],
    })
    expect(
      verdictOf({ ...open, trace: { kind: 'unusable', reason: 'its server is away', retryable: true } }),
    ).toMatchObject({
      ...{ kind: 'undetermined', step: 'trace', retryable: true },
      reason: expect.stringContaining('its server is away'),
    })
    expect(verdictOf({ ...open, trace: broken })).toMatchObject({
      kind: 'undetermined',
      step: 'trace',
      reason: expect.stringContaining('"Conv_3"'),
    })
  })

  it('never lets a trace convict or clear what two runtimes agree on', () => {
    const clear = { first: wrong, variants: [wrong], second: opinion(2, 'b') }
    expect(verdictOf({ ...clear, trace: sound })).toMatchObject({ kind: 'invalid', step: 'second' })
    expect(verdictOf({ first: right, trace: broken })).toMatchObject({ kind: 'valid', step: 'bytes' })
  })

  it('disputes a label only where the margin is wide enough for every honest machine', () => {
    const form: Form = { kind: 'label', axis: 0, largest: true }
    const scored = (scores: number[], runtime = 'a') => {
      const tensor = outputs(...scores).get('y')
      return opinion(label(1), runtime, form, new Map(tensor ? [['label', tensor]] : []))
    }
    const about = (scores: number[], variant = scores) =>
      ({
        posted: label(0),
        first: scored(scores),
        variants: [scored(variant, 'v')],
        second: scored(scores, 'b'),
        trace: { kind: 'none' },
      }) as const
    expect(verdictOf(about([0.2, 0.8]))).toMatchObject({
      kind: 'invalid',
      evidence: { kind: 'label', posted: '0', replayed: '1' },
    })
    expect(verdictOf(about([0.8, 0.80015]))).toMatchObject({ kind: 'valid', step: 'distance' })
    // The variant's scores are 0.01 away, so another machine may well turn a margin of 0.1.
    expect(verdictOf(about([0.7, 0.8], [0.71, 0.8]))).toMatchObject({ kind: 'undetermined', step: 'envelope' })
  })

  it('leaves a label of unknown margin alone in fp32, but not in the exact class', () => {
    const about = { posted: label(1), first: opinion(label(2), 'a'), second: opinion(label(2), 'b') }
    expect(verdictOf(about)).toMatchObject({ kind: 'undetermined', reason: expect.stringMatching(/margin is unknown/) })
    expect(verdictOf({ ...about, rule: { precision: 'exact', tolerance: 0 } })).toMatchObject({ kind: 'invalid' })
  })
})
