import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLField,
  GraphQLInt,
  type GraphQLObjectType,
  type GraphQLSchema,
  getNamedType,
  isListType,
  isNonNullType,
  isObjectType,
  Kind,
  type OperationDefinitionNode,
  type SelectionSetNode,
  valueFromAST,
} from 'graphql'

/** What a field tells about its cost, as `extensions` beside its `resolve`. */
export interface CostExtensions {
  /** units for the field itself: 1 for an object, 0 for a value when left out */
  cost?: number
  /** how many rows a list has at most as a rule, however many are asked for */
  assumedSize?: number
}

/** Rows that a list without `first` is taken to have. */
const PLAIN_LIST = 10

/**
 * What an operation may cost: a unit for every object that it can answer with. Lists multiply what is asked of each row by
 * `first`, so that nesting them is what costs. Introspection is free; it has a limit of its own.
 *
 * @returns units; infinite rather than wrong for absurd queries
 */
export function costOf(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
  variables: Readonly<Record<string, unknown>>,
): number {
  const fragments = new Map<string, FragmentDefinitionNode>()
  for (const definition of document.definitions)
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition)
  const known = new Map<string, number>()

  const ofSelections = ({ selections }: SelectionSetNode, type: GraphQLObjectType): number => {
    let sum = 0
    for (const selection of selections) {
      if (selection.kind === Kind.FIELD) {
        const field = type.getFields()[selection.name.value]
        if (field) sum += ofField(selection, field)
      } else if (selection.kind === Kind.INLINE_FRAGMENT) sum += ofSelections(selection.selectionSet, type)
      else sum += ofFragment(selection.name.value, type)
    }
    return sum
  }

  const ofFragment = (name: string, type: GraphQLObjectType): number => {
    const measured = known.get(name)
    if (measured !== undefined) return measured
    const fragment = fragments.get(name)
    const cost = fragment ? ofSelections(fragment.selectionSet, type) : 0
    known.set(name, cost)
    return cost
  }

  const ofField = (node: FieldNode, field: GraphQLField<unknown, unknown>): number => {
    const { cost, assumedSize } = field.extensions as CostExtensions
    const type = getNamedType(field.type)
    const asked = firstOf(node, field)
    if (!isObjectType(type) || !node.selectionSet) return (cost ?? 0) + (asked ?? 0) / 100
    // The rows of a page are counted by the field that has the page.
    const isPart = field.name === 'items' || field.name === 'pageInfo'
    const own = cost ?? (isPart ? 0 : 1)
    const most = assumedSize ?? Number.POSITIVE_INFINITY
    const rows = Math.min(asked ?? (isList(field) && !isPart ? PLAIN_LIST : 1), most)
    const inner = ofSelections(node.selectionSet, type)
    return own + rows * inner + (asked === undefined ? 0 : rows)
  }

  const firstOf = (node: FieldNode, field: GraphQLField<unknown, unknown>): number | undefined => {
    const declared = field.args.find(({ name }) => name === 'first')
    if (!declared) return undefined
    const given = node.arguments?.find(({ name }) => name.value === 'first')
    const value = given && valueFromAST(given.value, GraphQLInt, { ...variables })
    return Math.max(0, Number(value ?? declared.defaultValue ?? 0))
  }

  const root = schema.getRootType(operation.operation)
  return root ? ofSelections(operation.selectionSet, root) : 0
}

function isList({ type }: GraphQLField<unknown, unknown>): boolean {
  return isListType(isNonNullType(type) ? type.ofType : type)
}
