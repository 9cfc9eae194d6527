/** Executes a GraphQL request and words its errors as GitHub does: by field, beside the data of the others. */
import { type DocumentNode, execute, GraphQLError, getOperationAST, parse, validate } from 'graphql'
import { type Caller, requireGrant } from '../auth.ts'
import { MutationFault } from '../faults.ts'
import { Problem } from '../http/problem.ts'
import type { Reply } from '../http/router.ts'
import { isJsonObject, type Json, type JsonObject } from '../json.ts'
import type { World } from '../world.ts'
import { costOf } from './cost.ts'
import { makeResolvers, type RequestContext } from './resolvers.ts'
import { githubSchema, olderSchema } from './schema.ts'

const ERROR_TYPES: Readonly<Record<number, string>> = { 403: 'FORBIDDEN', 404: 'NOT_FOUND', 422: 'UNPROCESSABLE' }

/** GitHub's type of an error; null: it has none. */
function typeOf(error: GraphQLError): string | null {
  const cause = error.originalError
  if (cause instanceof MutationFault) return cause.type
  if (cause instanceof Problem) return ERROR_TYPES[cause.status] ?? 'INTERNAL'
  return typeof error.extensions.type === 'string' ? error.extensions.type : null
}

function renderError(error: GraphQLError): Json {
  const locations = error.locations?.map(({ line, column }) => ({ line, column })) ?? []
  const known: Json = JSON.parse(JSON.stringify(error.path ?? error.extensions.path ?? null))
  const path = known === null ? {} : { path: known }
  const type = typeOf(error)
  return { ...(type === null ? {} : { type }), ...path, locations, message: error.message }
}

function failed(errors: readonly GraphQLError[]): Reply {
  return { status: 200, body: { errors: errors.map(renderError) } }
}

/** What is wrong with a query as such has a code. */
function renderInvalid(error: GraphQLError): Json {
  const code = error.message.startsWith('Cannot query field') ? 'undefinedField' : 'argumentLiteralsIncompatible'
  return { extensions: { code }, ...Object(renderError(error)) }
}

/** Names under which the fields of a mutation answer; fragments, in which nobody writes mutations, are left out. */
function mutationsOf(document: DocumentNode, operationName: string | null): string[] {
  const operation = getOperationAST(document, operationName)
  if (operation?.operation !== 'mutation') return []
  return operation.selectionSet.selections.flatMap((one) =>
    one.kind === 'Field' ? (one.alias?.value ?? one.name.value) : [],
  )
}

export async function answerGraphql(world: World, caller: Caller, body: JsonObject): Promise<Reply> {
  const grant = requireGrant(caller)
  const { query, variables, operationName } = body
  if (typeof query !== 'string') throw new Problem(400, 'A query attribute must be specified and must be a string.')
  const schema = world.options.issueTypes === false ? olderSchema : githubSchema
  const name = typeof operationName === 'string' ? operationName : null
  const given = isJsonObject(variables) ? variables : {}
  try {
    const document = parse(query)
    const invalid = validate(schema, document)
    if (invalid.length > 0) return { status: 200, body: { errors: invalid.map(renderInvalid) } }
    const cost = costOf(schema, document, given, name)
    if (cost.refusals.length > 0) return failed(cost.refusals)
    const result = await execute({
      schema,
      document,
      rootValue: makeResolvers(world, grant),
      contextValue: { cost, mutations: mutationsOf(document, name) } satisfies RequestContext,
      variableValues: given,
      operationName: name,
    })
    const errors = result.errors === undefined ? {} : { errors: result.errors.map(renderError) }
    return { status: 200, cost: cost.points, body: { data: (result.data ?? null) as Json, ...errors } }
  } catch (error) {
    if (error instanceof GraphQLError) return failed([error])
    throw error
  }
}
