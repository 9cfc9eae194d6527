/**
 * Holds the sandbox to GitHub's own OpenAPI description: every reply must be one that it describes for that operation
 * and status, and every request body one that it accepts. What is not, is recorded as a violation.
 */
import { createRequire } from 'node:module'
import type { ValidateFunction } from 'ajv'
import type { ApiRequest } from './http/request-log.ts'
import type { Reply } from './http/router.ts'
import { isJsonObject, type Json, type JsonObject } from './json.ts'

/** Looks at one reply, and at the request that it accepted. */
export type ReplyChecker = (entry: ApiRequest, reply: Reply) => void

const FORMATS: Readonly<Record<string, (text: string) => boolean>> = {
  uri: (text) => URL.canParse(text),
  'uri-template': () => true,
  'date-time': (text) => /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/.test(text),
  date: (text) => /^\d{4}-\d\d-\d\d$/.test(text),
  email: (text) => text.includes('@'),
  'repo.nwo': (text) => text.includes('/'),
}

/** OpenAPI 3.0 writes `nullable` beside `$ref`s and unions, where JSON Schema wants another alternative. */
function allowNull(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(allowNull)
  if (!isJsonObject(schema)) return schema
  const { nullable, ...rest } = schema
  const inner = Object.fromEntries(Object.entries(rest).map(([key, value]) => [key, allowNull(value)]))
  if (nullable === undefined) return inner
  // A property may itself be called `nullable`.
  if (typeof nullable !== 'boolean') return { ...inner, nullable: allowNull(nullable) }
  return nullable ? { anyOf: [inner, { type: 'null' }] } : inner
}

export type SchemaCompiler = (pointer: string) => ValidateFunction

/** Compiles parts of an OpenAPI document, given by JSON pointers into it. */
export async function makeSchemaCompiler(document: JsonObject): Promise<SchemaCompiler> {
  const { Ajv } = await import('ajv')
  const ajv = new Ajv({ strict: false, validateSchema: false, inlineRefs: false, allErrors: false })
  for (const [name, accepts] of Object.entries(FORMATS)) ajv.addFormat(name, accepts)
  for (const name of ['int32', 'int64', 'timestamp', 'ipv4', 'ipv6', 'hostname']) ajv.addFormat(name, true)
  ajv.addSchema({ $id: 'github', ...(allowNull(document) as object) })
  const compiled = new Map<string, ValidateFunction>()
  return (pointer) => {
    const known = compiled.get(pointer)
    if (known !== undefined) return known
    const made = ajv.compile({ $ref: `github#${pointer}` })
    compiled.set(pointer, made)
    return made
  }
}

const escapePointer = (text: string) => encodeURIComponent(text.replaceAll('~', '~0').replaceAll('/', '~1'))

function at(document: Json | undefined, ...keys: string[]): JsonObject | null {
  let value = document
  for (const key of keys) value = isJsonObject(value) ? value[key] : undefined
  return isJsonObject(value) ? value : null
}

function firstError(validate: ValidateFunction, value: unknown): string | null {
  if (validate(value)) return null
  const error = validate.errors?.at(-1)
  return `${error?.instancePath || '/'} ${error?.message ?? 'is not what GitHub describes'}`
}

const JSON_TYPE = 'application/json'

/**
 * Where the description is wrong, what GitHub does: the accounts that `GET /app/installations` lists are not users and
 * enterprises at once, the head repository of a pull request is null when the fork was deleted, and an address that a
 * deployment's status does not have is an empty text, which the description itself names as the default.
 */
function correct(document: JsonObject): JsonObject {
  const components = at(document, 'components') ?? {}
  const schemas = at(components, 'schemas') ?? {}
  const withNullableHead = (name: string) => {
    const pull = at(schemas, name)
    const [properties, head] = [at(pull ?? {}, 'properties'), at(pull ?? {}, 'properties', 'head')]
    const parts = at(head ?? {}, 'properties')
    const repo = { nullable: true, allOf: [parts?.repo ?? {}] }
    return { ...pull, properties: { ...properties, head: { ...head, properties: { ...parts, repo } } } }
  }
  const pulls = Object.fromEntries(
    ['pull-request', 'pull-request-simple'].map((name) => [name, withNullableHead(name)]),
  )
  const status = at(schemas, 'deployment-status') ?? {}
  const address = {
    anyOf: [
      { type: 'string', enum: [''] },
      { type: 'string', format: 'uri' },
    ],
  }
  const addresses = { target_url: address, environment_url: address, log_url: address }
  const deploymentStatus = { ...status, properties: { ...at(status, 'properties'), ...addresses } }
  const installations = { type: 'array', items: { $ref: '#/components/schemas/installation' } }
  return {
    ...document,
    components: {
      ...components,
      schemas: { ...schemas, ...pulls, 'deployment-status': deploymentStatus, installations },
    },
  }
}

const CORRECTED: Readonly<Record<string, string>> = {
  'GET /app/installations 200': '/components/schemas/installations',
}

/** Where the schema of a reply is: null when GitHub describes none. */
function replyPointer(document: JsonObject, entry: ApiRequest, status: number): string | null | undefined {
  const corrected = CORRECTED[`${entry.method} ${entry.route} ${status}`]
  if (corrected !== undefined) return corrected
  const method = entry.method.toLowerCase()
  const responses = at(document, 'paths', entry.route ?? '', method, 'responses')
  const response = responses === null ? null : at(responses, String(status))
  if (response === null) return undefined
  const reference = typeof response.$ref === 'string' ? response.$ref.slice(1) : null
  const base = reference ?? `/paths/${escapePointer(entry.route ?? '')}/${method}/responses/${status}`
  const described = reference === null ? response : at(document, ...reference.slice(1).split('/'))
  if (at(described ?? {}, 'content', JSON_TYPE, 'schema') === null) return null
  return `${base}/content/${escapePointer(JSON_TYPE)}/schema`
}

/** Reads the description (13 MB, about a second with the first checks), which only development installs. */
export async function makeReplyChecker(violations: string[]): Promise<ReplyChecker> {
  const load = createRequire(import.meta.url)
  const document: JsonObject = load('@octokit/openapi/generated/api.github.com.json')
  const compile = await makeSchemaCompiler(correct(document))
  const report = (entry: ApiRequest, what: string) => violations.push(`${entry.method} ${entry.path}: ${what}`)

  function checkRequest(entry: ApiRequest): void {
    const operation = at(document, 'paths', entry.route ?? '', entry.method.toLowerCase())
    if (entry.body === '' || at(operation ?? {}, 'requestBody', 'content', JSON_TYPE, 'schema') === null) return
    const path = `/paths/${escapePointer(entry.route ?? '')}/${entry.method.toLowerCase()}`
    const validate = compile(`${path}/requestBody/content/${escapePointer(JSON_TYPE)}/schema`)
    const error = firstError(validate, JSON.parse(entry.body))
    if (error !== null) report(entry, `the accepted request's ${error}`)
  }

  function checkReply(entry: ApiRequest, reply: Reply): void {
    const pointer = replyPointer(document, entry, reply.status)
    const isError = reply.status >= 400
    if (pointer === undefined && !isError) report(entry, `GitHub describes no reply with status ${reply.status}`)
    if (pointer === null && reply.body !== undefined && !isError) report(entry, 'GitHub describes no body')
    const schema = pointer ?? (isError ? '/components/schemas/basic-error' : null)
    const error = schema === null ? null : firstError(compile(schema), reply.body)
    if (error !== null) report(entry, `the ${reply.status} reply's ${error}`)
  }

  return (entry, reply) => {
    if (entry.route === null || entry.route === '/graphql' || reply.body instanceof Uint8Array) return
    if (reply.status < 400) checkRequest(entry)
    checkReply(entry, reply)
  }
}
