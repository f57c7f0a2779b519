import { describe, expect, it } from 'vitest'
import type { NamedTensors } from '../../protocol/tensor.ts'
import { compare } from '../../verdict/compare.ts'
import { decide, type Opinion } from '../../verdict/decide.ts'
import type { Rule } from '../../verdict/verdict.ts'

const rule: Rule = { precision: 'fp32', tolerance: 1e-4 }
const outputs = (value: number): NamedTensors =>
  new Map([['y', { dtype: 'float32', dims: [1], data: new Uint8Array(Float32Array.of(value).buffer) }]])

const posted = outputs(1)
const opinion = (value: number, runtime: string): Opinion => ({
  kind: 'compared',
  comparison: compare(posted, outputs(value), rule),
  replayed: outputs(value),
  runtime,
})
const failed: Opinion = { kind: 'failed', reason: 'it hung' }
const incomparable: Opinion = {
  kind: 'compared',
  comparison: { kind: 'incomparable', reason: 'nothing to compare' },
  replayed: new Map(),
  runtime: 'x',
}
const right = opinion(1, 'a')
const wrong = opinion(2, 'a')

describe('decide', () => {
  it.each<[string, Opinion[], string, RegExp?]>([
    ['no opinion', [], 'undetermined', /no replay/],
    ['a failed replay', [failed], 'undetermined', /it hung/],
    ['an incomparable replay', [incomparable], 'undetermined', /nothing to compare/],
    ['agreement', [right], 'valid'],
    ['agreement, whatever a second says', [right, wrong], 'valid'],
    ['a difference and a failed second', [wrong, failed], 'undetermined', /no second opinion: it hung/],
    ['a difference and an incomparable second', [wrong, incomparable], 'undetermined', /nothing to compare/],
    ['a difference and a second that agrees', [wrong, opinion(1, 'b')], 'undetermined', /runtimes disagree/],
    ['two differences far from each other', [wrong, opinion(3, 'b')], 'undetermined', /runtimes disagree/],
    ['two differences that agree', [wrong, opinion(2.00001, 'b')], 'invalid'],
  ])('settles %s', (_, opinions, kind, reason) => {
    const decision = decide(opinions, rule)
    if (decision.kind !== 'settled') throw new Error('not settled')
    expect(decision.verdict.kind).toBe(kind)
    if (decision.verdict.kind === 'undetermined') expect(decision.verdict.reason).toMatch(reason as RegExp)
  })

  it('never calls a label of an fp32 model invalid, but one of an exact model', () => {
    const label = (value: number): NamedTensors =>
      new Map([['label', { dtype: 'int64', dims: [], data: new Uint8Array(BigInt64Array.of(BigInt(value)).buffer) }]])
    const kindUnder = (labelled: Rule) => {
      const comparison = compare(label(1), label(2), labelled)
      const one: Opinion = { kind: 'compared', comparison, replayed: label(2), runtime: 'a' }
      const decision = decide([one, { ...one, runtime: 'b' }], labelled)
      return decision.kind === 'settled' ? decision.verdict.kind : decision.kind
    }
    expect(kindUnder(rule)).toBe('undetermined')
    expect(kindUnder({ precision: 'exact', tolerance: 0 })).toBe('invalid')
  })

  it('asks for a second opinion before it calls anything invalid', () => {
    expect(decide([wrong], rule)).toEqual({ kind: 'askSecond' })
  })

  it('carries the first difference and both runtimes as evidence', () => {
    expect(decide([wrong, opinion(2, 'b')], rule)).toEqual({
      kind: 'settled',
      verdict: {
        kind: 'invalid',
        evidence: {
          output: 'y',
          kind: 'distance',
          distance: 0.5,
          tolerance: 1e-4,
          at: 0,
          posted: '1',
          replayed: '2',
          runtimes: ['a', 'b'],
        },
      },
    })
  })
})
