/** Executes a GraphQL request and words its errors as GitHub does: by field, beside the data of the others. */
import { execute, GraphQLError, parse, validate } from 'graphql'
import { type Caller, requireGrant } from '../auth.ts'
import { Problem } from '../http/problem.ts'
import type { Reply } from '../http/router.ts'
import { isJsonObject, type Json, type JsonObject } from '../json.ts'
import type { World } from '../world.ts'
import { makeResolvers } from './resolvers.ts'
import { githubSchema } from './schema.ts'

const ERROR_TYPES: Readonly<Record<number, string>> = { 403: 'FORBIDDEN', 404: 'NOT_FOUND', 422: 'UNPROCESSABLE' }

function renderError(error: GraphQLError): Json {
  const cause = error.originalError
  const locations = error.locations?.map(({ line, column }) => ({ line, column })) ?? []
  const path = error.path === undefined ? {} : { path: [...error.path] }
  const type = cause instanceof Problem ? { type: ERROR_TYPES[cause.status] ?? 'INTERNAL' } : {}
  return { ...type, ...path, locations, message: error.message }
}

function failed(errors: readonly GraphQLError[]): Reply {
  return { status: 200, body: { errors: errors.map(renderError) } }
}

export async function answerGraphql(world: World, caller: Caller, body: JsonObject): Promise<Reply> {
  const grant = requireGrant(caller)
  const { query, variables, operationName } = body
  if (typeof query !== 'string') throw new Problem(400, 'A query attribute must be specified and must be a string.')
  try {
    const document = parse(query)
    const invalid = validate(githubSchema, document)
    if (invalid.length > 0) return failed(invalid)
    const result = await execute({
      schema: githubSchema,
      document,
      rootValue: makeResolvers(world, grant),
      variableValues: isJsonObject(variables) ? variables : {},
      operationName: typeof operationName === 'string' ? operationName : null,
    })
    const errors = result.errors === undefined ? {} : { errors: result.errors.map(renderError) }
    // Through JSON, because executed data has no prototype.
    const data: Json = JSON.parse(JSON.stringify(result.data ?? null))
    return { status: 200, body: { data, ...errors } }
  } catch (error) {
    if (error instanceof GraphQLError) return failed([error])
    throw error
  }
}
