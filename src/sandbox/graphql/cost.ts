/**
 * What a query costs, known before it is executed: every connection counts once for each entry of the one that it is in, and a
 * hundred of these are a point. A query that could return too much is refused.
 *
 * Source: https://docs.github.com/en/graphql/overview/rate-limits-and-query-limits-for-the-graphql-api
 */
import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  GraphQLError,
  type GraphQLField,
  GraphQLIncludeDirective,
  type GraphQLNamedType,
  type GraphQLObjectType,
  type GraphQLSchema,
  GraphQLSkipDirective,
  getArgumentValues,
  getDirectiveValues,
  getNamedType,
  getOperationAST,
  getVariableValues,
  isAbstractType,
  isCompositeType,
  isObjectType,
  type SelectionNode,
  type SelectionSetNode,
} from 'graphql'

export interface QueryCost {
  readonly points: number
  readonly nodes: number
  /** Why the query is refused as a whole; empty: it is not. */
  readonly refusals: readonly GraphQLError[]
}

const MAX_PAGE = 100
const MAX_NODES = 500_000

interface Count {
  readonly requests: number
  readonly nodes: number
}

interface Counting {
  readonly schema: GraphQLSchema
  readonly fragments: ReadonlyMap<string, FragmentDefinitionNode>
  readonly variables: Record<string, unknown>
  /** By field, so that each is told once. */
  readonly refusals: Map<FieldNode, GraphQLError>
}

const NOTHING: Count = { requests: 0, nodes: 0 }

function add(one: Count, other: Count): Count {
  return { requests: one.requests + other.requests, nodes: one.nodes + other.nodes }
}

function isLeftOut({ variables }: Counting, node: SelectionNode): boolean {
  if (getDirectiveValues(GraphQLSkipDirective, node, variables)?.if === true) return true
  return getDirectiveValues(GraphQLIncludeDirective, node, variables)?.if === false
}

function refuse(counting: Counting, node: FieldNode, path: readonly string[], type: string, message: string): void {
  if (counting.refusals.has(node)) return
  counting.refusals.set(node, new GraphQLError(message, { nodes: node, extensions: { type, path } }))
}

/** How many entries a connection is asked for; null: for none, only about it. */
function boundOf(counting: Counting, node: FieldNode, field: GraphQLField<unknown, unknown>, path: readonly string[]) {
  const { first, last } = getArgumentValues(field, node, counting.variables)
  const name = node.name.value
  for (const [side, asked] of Object.entries({ first, last })) {
    if (typeof asked !== 'number' || asked <= MAX_PAGE) continue
    const what = `Requesting ${asked} records on the \`${name}\` connection exceeds the \`${side}\` limit of ${MAX_PAGE} records.`
    refuse(counting, node, path, 'EXCESSIVE_PAGINATION', what)
  }
  const bound = first ?? last
  if (typeof bound === 'number') return bound
  const wanted = node.selectionSet?.selections.some((one) => one.kind !== 'Field' || one.name.value === 'nodes')
  if (wanted === true) {
    const what = `You must provide a \`first\` or \`last\` value to properly paginate the \`${name}\` connection.`
    refuse(counting, node, path, 'MISSING_PAGINATION_BOUNDARIES', what)
  }
  return null
}

function countField(
  counting: Counting,
  node: FieldNode,
  parent: GraphQLObjectType,
  times: number,
  path: readonly string[],
): Count {
  const field = parent.getFields()[node.name.value]
  if (field === undefined || node.selectionSet === undefined) return NOTHING
  const type = getNamedType(field.type)
  const here = [...path, node.alias?.value ?? node.name.value]
  const inside = (each: number) => countType(counting, node.selectionSet, type, each, here)
  if (type.name.endsWith('Connection')) {
    const bound = boundOf(counting, node, field, here)
    return bound === null ? inside(times) : add({ requests: times, nodes: times * bound }, inside(times * bound))
  }
  const { ids } = getArgumentValues(field, node, counting.variables)
  return inside(Array.isArray(ids) ? times * ids.length : times)
}

/** Of a type that may be one of several, the dearest. */
function countType(
  counting: Counting,
  selections: SelectionSetNode | undefined,
  type: GraphQLNamedType,
  times: number,
  path: readonly string[],
): Count {
  if (selections === undefined || !isCompositeType(type)) return NOTHING
  const possible = isAbstractType(type) ? counting.schema.getPossibleTypes(type) : [type]
  const counts = possible.map((one) => countSelections(counting, selections, one, times, path))
  return {
    requests: Math.max(0, ...counts.map(({ requests }) => requests)),
    nodes: Math.max(0, ...counts.map(({ nodes }) => nodes)),
  }
}

function countSelections(
  counting: Counting,
  { selections }: SelectionSetNode,
  type: GraphQLObjectType,
  times: number,
  path: readonly string[],
): Count {
  const { schema, fragments } = counting
  const applies = (name: string | undefined) => {
    const condition = name === undefined ? type : schema.getType(name)
    return condition === type || (isAbstractType(condition) && schema.isSubType(condition, type))
  }
  const countOne = (node: SelectionNode): Count => {
    if (isLeftOut(counting, node)) return NOTHING
    if (node.kind === 'Field') return countField(counting, node, type, times, path)
    const fragment = node.kind === 'InlineFragment' ? node : fragments.get(node.name.value)
    if (fragment === undefined || !applies(fragment.typeCondition?.name.value)) return NOTHING
    return countSelections(counting, fragment.selectionSet, type, times, path)
  }
  return selections.reduce((sum, node) => add(sum, countOne(node)), NOTHING)
}

/** Of a query that is valid. One whose variables are not costs a point, and is refused when it is executed. */
export function costOf(
  schema: GraphQLSchema,
  document: DocumentNode,
  given: Readonly<Record<string, unknown>>,
  operationName: string | null,
): QueryCost {
  const operation = getOperationAST(document, operationName)
  const { coerced } = getVariableValues(schema, operation?.variableDefinitions ?? [], { ...given })
  const root = operation && schema.getRootType(operation.operation)
  if (!operation || !isObjectType(root) || coerced === undefined) return { points: 1, nodes: 0, refusals: [] }
  const definitions = document.definitions.filter((one) => one.kind === 'FragmentDefinition')
  const fragments = new Map(definitions.map((one) => [one.name.value, one]))
  const counting: Counting = { schema, fragments, variables: coerced, refusals: new Map() }
  const { requests, nodes } = countSelections(counting, operation.selectionSet, root, 1, [])
  const refusals = [...counting.refusals.values()]
  if (refusals.length === 0 && nodes > MAX_NODES) {
    const what = `This query is requesting up to ${nodes.toLocaleString('en')} possible nodes which exceeds the maximum limit of ${MAX_NODES.toLocaleString('en')}.`
    refusals.push(new GraphQLError(what, { extensions: { type: 'MAX_NODE_LIMIT_EXCEEDED' } }))
  }
  return { points: Math.max(1, Math.round(requests / 100)), nodes, refusals }
}
