import { exactly } from '../arithmetic/range.ts'
import { anyOrder, type Operator, type Query } from './operator.ts'
import { given } from './view.ts'

/** An operator that moves elements and leaves their bits as they are, whatever their type. */
export function mover(
  parts: Pick<Operator, 'canonical' | 'shape'> & {
    /** which element of which input comes to lie at the query's index */
    source: (query: Query) => { readonly input: number; readonly index: number }
  },
): Operator {
  return {
    canonical: parts.canonical,
    reads: () => anyOrder,
    shape: parts.shape,
    element(query) {
      const { input, index } = parts.source(query)
      return exactly(given(query.inputs, input).bits(index))
    },
  }
}
