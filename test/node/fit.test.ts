import { expect, it } from 'vitest'
import { refuseUndefendable, refuseUnfit, UndefendableError } from '../../node/fit.ts'
import { rules } from '../../protocol/arithmetic/bounds.ts'

const root = '0xab' as const
const graph = { root, outputs: [{ name: 'y', entry: 2 }], inputs: [] }

it('refuses another graph than the file has under every rule that convicts on chain', () => {
  for (const rule of rules) {
    expect(() => refuseUndefendable(graph, { rule, graphRoot: '0xAB' })).not.toThrow()
    const other = () => refuseUndefendable(graph, { rule, graphRoot: '0xcd' })
    if (rule === 'arbiter') expect(other).not.toThrow()
    else expect(other).toThrow(UndefendableError)
  }
})

it('refuses a model with an output that is in no trace', () => {
  const outputs = [{ name: 'y', entry: -1 }]
  expect(() => refuseUndefendable({ root, outputs }, { rule: 'arbiter', graphRoot: root })).toThrow('makes the output')
})

it('refuses inputs that are not those of the graph', () => {
  const inputs = [
    { name: 'a', dtype: 'float32' as const },
    { name: 'b', dtype: 'int64' as const },
  ]
  const tensor = (dtype: 'float32' | 'int64' | 'int32') => ({ dtype, dims: [0], data: new Uint8Array() })
  const [a, b] = [tensor('float32'), tensor('int64')]
  const given = (tensors: Record<string, ReturnType<typeof tensor>>) => () =>
    refuseUnfit({ inputs }, new Map(Object.entries(tensors)))
  expect(given({ a, b })).not.toThrow()
  expect(given({ a })).toThrow('no input "b"')
  expect(given({ a, b, c: a })).toThrow('no input "c"')
  expect(given({ a, b: tensor('int32') })).toThrow('is int32')
  expect(() => refuseUnfit({ inputs: [{ name: 'a', dtype: undefined }] }, new Map([['a', a]]))).toThrow('no tensor')
})
