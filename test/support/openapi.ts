/**
 * GitHub's own description of its REST and GraphQL APIs, for tests that play GitHub's part: every request and every
 * reply of such a test is held against it, so that the test cannot agree with the code on something that GitHub does
 * not know.
 */
import { createRequire } from 'node:module'
import { schema as github } from '@octokit/graphql-schema'
import { Ajv, type ValidateFunction } from 'ajv'
import {
  buildSchema,
  execute,
  extendSchema,
  type GraphQLSchema,
  getVariableValues,
  Kind,
  parse,
  validate,
} from 'graphql'

export interface Exchange {
  readonly method: string
  /** Without the query. */
  readonly path: string
  readonly query: Readonly<Record<string, string>>
  /** Undefined: none. */
  readonly requestBody: unknown
  readonly status: number
  readonly replyBody: unknown
}

type JsonObject = { readonly [key: string]: unknown }

interface Operation {
  /** `GET /repos/{owner}/{repo}`. */
  readonly name: string
  readonly pattern: RegExp
  readonly description: JsonObject
  /** JSON pointer to the description. */
  readonly pointer: string
}

const load = createRequire(import.meta.url)

/** What GitHub serves, and @octokit/graphql-schema does not have. Source: https://docs.github.com/graphql/reference/objects#issuetype */
const NEWER_THAN_PACKAGE = /* GraphQL */ `
  type IssueType implements Node {
    description: String
    id: ID!
    isEnabled: Boolean!
    name: String!
  }
  extend type Issue {
    issueType: IssueType
  }
`

function readGraphqlSchema(): GraphQLSchema {
  return extendSchema(buildSchema(github.idl, { assumeValidSDL: true }), parse(NEWER_THAN_PACKAGE))
}

export class GitHubDescription {
  readonly #document: JsonObject = load('@octokit/openapi/generated/api.github.com.json')
  readonly #graphql = readGraphqlSchema()
  readonly #ajv = makeAjv(this.#document)
  readonly #compiled = new Map<string, ValidateFunction>()
  readonly #operations = listOperations(this.#document)

  /** GitHub's own example of a reply: of `GET /repos/{owner}/{repo}`, say. Throws when there is none of that name. */
  example(operationName: string, status = 200, name?: string): JsonObject | readonly JsonObject[] {
    const operation = this.#operations.find((one) => one.name === operationName)
    const content = dig(operation?.description, 'responses', String(status), 'content', 'application/json', 'examples')
    const examples = isObject(content) ? content : {}
    const found = this.#resolve(examples[name ?? Object.keys(examples)[0] ?? ''])
    const value = structuredClone(found.value)
    if (isObject(value)) return value
    if (Array.isArray(value)) return value
    throw new Error(`GitHub gives no example ${name ?? ''} of ${operationName} ${status}`)
  }

  /** What of the exchange is not as GitHub describes it. */
  faultsOf(exchange: Exchange): string[] {
    if (exchange.path === '/graphql') return this.#graphqlFaults(exchange)
    const operation = this.#operations.find(
      ({ name, pattern }) => name.startsWith(`${exchange.method} `) && pattern.test(exchange.path),
    )
    if (!operation) return [`GitHub has no ${exchange.method} ${exchange.path}`]
    const faults = [
      ...this.#parameterFaults(operation, exchange),
      ...this.#requestFaults(operation, exchange.requestBody),
      ...this.#replyFaults(operation, exchange),
    ]
    return faults.map((fault) => `${operation.name} ${exchange.status}: ${fault}`)
  }

  #parameterFaults({ description, pattern, name }: Operation, { path, query }: Exchange): string[] {
    const parameters = asList(description.parameters).map((one) => this.#resolve(one))
    const names = [...name.matchAll(/\{(\w+)\}/g)].map(([, parameter]) => parameter)
    const inPath = new Map(names.map((one, index) => [one, decodeURIComponent(pattern.exec(path)?.[index + 1] ?? '')]))
    const known = parameters.filter((one) => one.in === 'query').map((one) => one.name)
    const faults = Object.keys(query)
      .filter((one) => !known.includes(one))
      .map((one) => `GitHub has no parameter ${one}`)
    for (const parameter of parameters) {
      // Described as a time alone, though its words say that it takes the ranges of GitHub's search.
      if (parameter.name === 'created') continue
      const given = parameter.in === 'query' ? query[String(parameter.name)] : inPath.get(String(parameter.name))
      if (given === undefined && parameter.required === true) faults.push(`the parameter ${parameter.name} is missing`)
      if (given === undefined) continue
      const check = this.#ajv.compile(allowNull(parameter.schema ?? {}) as JsonObject)
      const asNumber = /^-?\d+$/.test(given) ? Number(given) : given
      if (!check(given) && !check(asNumber)) faults.push(`the parameter ${parameter.name} ${wordOf(check)}`)
    }
    return faults
  }

  #requestFaults({ description, pointer }: Operation, body: unknown): string[] {
    const schema = dig(description, 'requestBody', 'content', 'application/json', 'schema')
    if (schema === undefined) return body === undefined ? [] : ['GitHub takes no body']
    if (body === undefined) return dig(description, 'requestBody', 'required') === true ? ['the body is missing'] : []
    const known = dig(schema, 'properties')
    const unknown = isObject(body) && isObject(known) ? Object.keys(body).filter((key) => !(key in known)) : []
    const check = this.#compile(`${pointer}/requestBody/content/${escapePointer('application/json')}/schema`)
    return [
      ...unknown.map((key) => `GitHub knows no ${key} in the body`),
      ...(check(body) ? [] : [`the request's ${wordOf(check)}`]),
    ]
  }

  #replyFaults({ description, pointer }: Operation, { status, replyBody }: Exchange): string[] {
    const described = dig(description, 'responses', String(status))
    // Errors that an operation does not describe have GitHub's usual form.
    if (described === undefined && status < 400) return ['GitHub describes no such reply']
    const reference = isObject(described) && typeof described.$ref === 'string' ? described.$ref.slice(1) : null
    const response = this.#resolve(described)
    const hasSchema = dig(response, 'content', 'application/json', 'schema') !== undefined
    if (!hasSchema && status < 400) return replyBody === undefined ? [] : ['GitHub answers no body']
    const base = reference ?? `${pointer}/responses/${status}`
    const check = this.#compile(
      hasSchema ? `${base}/content/${escapePointer('application/json')}/schema` : '/components/schemas/basic-error',
    )
    return check(replyBody) ? [] : [`the reply's ${wordOf(check)}`]
  }

  /** The document and variables must be valid, and the data of the reply must be what they can give. */
  #graphqlFaults({ requestBody, replyBody, status }: Exchange): string[] {
    if (!isObject(requestBody) || typeof requestBody.query !== 'string') return ['the request has no query']
    const document = parse(requestBody.query)
    const faults = validate(this.#graphql, document).map((error) => error.message)
    const variables = isObject(requestBody.variables) ? requestBody.variables : {}
    for (const definition of document.definitions) {
      if (definition.kind !== Kind.OPERATION_DEFINITION) continue
      const { errors } = getVariableValues(this.#graphql, definition.variableDefinitions ?? [], variables)
      faults.push(...(errors ?? []).map((error) => error.message))
    }
    const data = dig(replyBody, 'data')
    if (faults.length > 0 || status !== 200 || !isObject(data)) return faults
    const result = execute({
      schema: this.#graphql,
      document,
      variableValues: variables,
      rootValue: data,
      fieldResolver: (source: JsonObject, _args, _context, info) => source[info.path.key],
    })
    if (result instanceof Promise) throw new Error('the reply holds a promise')
    const same = JSON.stringify(result.data) === JSON.stringify(data)
    return [
      ...(result.errors ?? []).map((error) => error.message),
      ...(same ? [] : ['the reply holds what was not asked']),
    ]
  }

  #compile(pointer: string): ValidateFunction {
    const known = this.#compiled.get(pointer) ?? this.#ajv.compile({ $ref: `github#${pointer}` })
    this.#compiled.set(pointer, known)
    return known
  }

  #resolve(value: unknown): JsonObject {
    if (!isObject(value)) return {}
    return typeof value.$ref === 'string'
      ? this.#resolve(dig(this.#document, ...value.$ref.slice(2).split('/')))
      : value
  }
}

const FORMATS: Readonly<Record<string, (text: string) => boolean>> = {
  uri: (text) => URL.canParse(text),
  'date-time': (text) => /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/.test(text),
}

function makeAjv(document: JsonObject): Ajv {
  const ajv = new Ajv({ strict: false, validateSchema: false, inlineRefs: false })
  for (const [name, accepts] of Object.entries(FORMATS)) ajv.addFormat(name, accepts)
  for (const name of [
    'uri-template',
    'date',
    'email',
    'repo.nwo',
    'int32',
    'int64',
    'timestamp',
    'ipv4',
    'ipv6',
    'hostname',
  ])
    ajv.addFormat(name, true)
  ajv.addSchema({ $id: 'github', ...(allowNull(document) as JsonObject) })
  return ajv
}

/** OpenAPI 3.0 writes `nullable`, where JSON Schema wants another alternative. */
function allowNull(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(allowNull)
  if (!isObject(schema)) return schema
  const { nullable, ...rest } = schema
  const inner = Object.fromEntries(Object.entries(rest).map(([key, value]) => [key, allowNull(value)]))
  // A property may itself be called `nullable`.
  if (typeof nullable !== 'boolean') return nullable === undefined ? inner : { ...inner, nullable: allowNull(nullable) }
  return nullable ? { anyOf: [inner, { type: 'null' }] } : inner
}

/** Those with the fewest parameters first: `/repos/{owner}/{repo}/pulls/comments` before `…/pulls/{pull_number}`. */
function listOperations(document: JsonObject): Operation[] {
  const paths = Object.entries(isObject(document.paths) ? document.paths : {})
  const operations = paths.flatMap(([path, methods]) =>
    Object.entries(isObject(methods) ? methods : {}).map(([method, description]) => ({
      name: `${method.toUpperCase()} ${path}`,
      pattern: new RegExp(`^${path.replaceAll('.', '\\.').replaceAll(/\{\w+\}/g, '([^/]+)')}$`),
      description: isObject(description) ? description : {},
      pointer: `/paths/${escapePointer(path)}/${method}`,
    })),
  )
  const parameters = (operation: Operation) => operation.name.split('{').length
  return operations.sort((a, b) => parameters(a) - parameters(b))
}

function escapePointer(text: string): string {
  return encodeURIComponent(text.replaceAll('~', '~0').replaceAll('/', '~1'))
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function asList(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

function dig(value: unknown, ...keys: string[]): unknown {
  let found = value
  for (const key of keys) found = isObject(found) ? found[key] : undefined
  return found
}

function wordOf(check: ValidateFunction): string {
  const error = check.errors?.at(-1)
  return `${error?.instancePath || '/'} ${error?.message ?? 'is not what GitHub describes'}`
}
