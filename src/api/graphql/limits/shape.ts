import {
  GraphQLError,
  type ParseOptions,
  parse,
  type SelectionNode,
  type SelectionSetNode,
  type ValidationRule,
} from 'graphql'
import type { Plugin } from 'graphql-yoga'
import { introspectionLimit } from './introspection.ts'

/**
 * Bounds what one query can ask for. Not the graphql-armor plugins: they bring a second copy of `graphql`, whose errors
 * the server then takes for its own accidents and hides.
 *
 * @param limits.depth fields within fields; introspection is exempt, since its standard query is deeper
 * @param limits.tokens lexical tokens, which also bounds aliases
 * @param limits.introspection lists within lists of the schema's own description
 */
export function shapeLimits(limits: { depth: number; tokens: number; introspection: number }): Plugin {
  const { depth, tokens, introspection } = limits
  return {
    onParse({ setParseFn }) {
      setParseFn((source: string, options?: ParseOptions) => parse(source, { ...options, maxTokens: tokens }))
    },
    onValidate({ addValidationRule }) {
      addValidationRule(depthLimit(depth))
      addValidationRule(introspectionLimit(introspection))
    },
  }
}

/** Measures how deep fields stand in fields, each fragment once, however often it is spread: the time is linear. */
function depthLimit(limit: number): ValidationRule {
  return (context) => {
    const known = new Map<string, number>()
    const deepest = ({ selections }: SelectionSetNode): number => Math.max(0, ...selections.map(depthOf))
    const depthOf = (selection: SelectionNode): number => {
      if (selection.kind === 'InlineFragment') return deepest(selection.selectionSet)
      const name = selection.name.value
      if (selection.kind === 'Field') {
        if (name.startsWith('__')) return 0
        return 1 + (selection.selectionSet ? deepest(selection.selectionSet) : 0)
      }
      const measured = known.get(name)
      if (measured !== undefined) return measured
      // A fragment within itself is another rule's error; meanwhile it counts as nothing.
      known.set(name, 0)
      const fragment = context.getFragment(name)
      const depth = fragment ? deepest(fragment.selectionSet) : 0
      known.set(name, depth)
      return depth
    }
    return {
      OperationDefinition(node) {
        if (deepest(node.selectionSet) > limit)
          context.reportError(
            new GraphQLError(`the query is deeper than ${limit} fields: ask in several queries`, { nodes: [node] }),
          )
      },
    }
  }
}
