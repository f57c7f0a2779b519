import { GraphQLError, type SelectionSetNode, type ValidationRule } from 'graphql'

/** Lists of the schema's own description that lead to further types. */
const lists = new Set(['fields', 'interfaces', 'possibleTypes', 'inputFields'])

/**
 * Bounds how deep a query may walk the schema's own description: types have fields that have types, so a short query could
 * ask for an answer of any size. The standard introspection query needs one such list, readers of it two.
 */
export function introspectionLimit(most: number): ValidationRule {
  return (context) => {
    const known = new Map<string, number>()
    const deepest = ({ selections }: SelectionSetNode): number =>
      Math.max(
        0,
        ...selections.map((selection) => {
          if (selection.kind === 'FragmentSpread') {
            const name = selection.name.value
            const measured = known.get(name)
            if (measured !== undefined) return measured
            // A fragment within itself is another rule's error; meanwhile it counts as nothing.
            known.set(name, 0)
            const fragment = context.getFragment(name)
            const depth = fragment ? deepest(fragment.selectionSet) : 0
            known.set(name, depth)
            return depth
          }
          const inner = selection.selectionSet ? deepest(selection.selectionSet) : 0
          return inner + (selection.kind === 'Field' && lists.has(selection.name.value) ? 1 : 0)
        }),
      )
    return {
      Field(node) {
        const isIntrospection = node.name.value === '__schema' || node.name.value === '__type'
        if (isIntrospection && node.selectionSet && deepest(node.selectionSet) > most)
          context.reportError(
            new GraphQLError(
              `introspection goes through more than ${most} lists of fields: ask for types by name instead`,
              { nodes: [node] },
            ),
          )
      },
    }
  }
}
