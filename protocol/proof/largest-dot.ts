import { elementCount } from '../tensor.ts'
import type { CommittedGraph, CommittedOperator } from './graph.ts'

/**
 * How many terms the longest sum of products of a model has, as far as its constant weights say it: what the dearest
 * conviction takes. Products of two computed matrices are left out, since their sizes depend on the request.
 */
export function largestDot({ operators }: Pick<CommittedGraph, 'operators'>): number {
  return operators.reduce((most, operator) => Math.max(most, terms(operator)), 0)
}

function terms({ type, operands, attributes }: CommittedOperator): number {
  const operand = operands[1]
  const tensor = operand?.kind === 'constant' ? operand.tensor : undefined
  if (!tensor || tensor.dims.length < 2) return 0
  const { dims } = tensor
  switch (type) {
    case 'Conv':
      return elementCount(dims.slice(1))
    case 'ConvTranspose':
      return elementCount([dims[0] as number, ...dims.slice(2)])
    case 'MatMul':
      return dims.at(-2) as number
    case 'Gemm':
      // Canonical attributes: alpha, beta, transA, transB.
      return (attributes[3] === 0n ? dims[0] : dims[1]) as number
    default:
      return 0
  }
}
