/** GraphQL: a true subset of GitHub's schema, with its limits, and its errors by field. */
import { schema as github } from '@octokit/graphql-schema'
import type { Octokit } from '@octokit/rest'
import { buildSchema, type GraphQLSchema, isEnumType, isInputObjectType, isInterfaceType, isObjectType } from 'graphql'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { GITHUB_SUBSET } from '../../src/sandbox/graphql/schema.ts'
import type { Sandbox } from '../../src/sandbox/sandbox.ts'
import { installationClient, NAME, SHOP, startShop, tip } from './support.ts'

let sandbox: Sandbox
let octokit: Octokit
let repositoryId: string
let headSha: string

beforeAll(async () => {
  const started = await startShop()
  sandbox = started.sandbox
  octokit = started.octokit
  repositoryId = (await octokit.rest.repos.get(SHOP)).data.node_id
  headSha = tip(sandbox)
})
afterAll(() => sandbox.stop())

/** `Type.field(argument: type): type` of everything in a schema. */
function listEverything(schema: GraphQLSchema): string[] {
  const found: string[] = []
  for (const type of Object.values(schema.getTypeMap())) {
    if (type.name.startsWith('__')) continue
    found.push(type.toString())
    if (isEnumType(type)) found.push(...type.getValues().map((value) => `${type}.${value.name}`))
    if (isInputObjectType(type)) {
      for (const field of Object.values(type.getFields())) found.push(`${type}.${field.name}: ${field.type}`)
    }
    if (!isObjectType(type) && !isInterfaceType(type)) continue
    for (const one of type.getInterfaces()) found.push(`${type} implements ${one}`)
    for (const field of Object.values(type.getFields())) {
      found.push(`${type}.${field.name}: ${field.type}`)
      for (const argument of field.args) {
        found.push(
          `${type}.${field.name}(${argument.name}: ${argument.type} = ${JSON.stringify(argument.defaultValue)})`,
        )
      }
    }
  }
  return found
}

// The published file defines two fields twice.
const theirSchema = buildSchema(github.idl, { assumeValidSDL: true })

/** In GitHub's schema, but not yet in the published file. Source: https://docs.github.com/en/graphql/reference/objects#issuetype */
const NEWER = [
  'Issue.issueType: IssueType',
  'IssueType',
  'IssueType implements Node',
  'IssueType.id: ID!',
  'IssueType.name: String!',
]

test("the schema is a subset of GitHub's", () => {
  const theirs = new Set([...listEverything(theirSchema), ...NEWER])
  const ours = listEverything(buildSchema(GITHUB_SUBSET))
  expect(ours.length).toBeGreaterThan(120)
  expect(ours.filter((one) => !theirs.has(one))).toEqual([])
})

test('required arguments and input fields of GitHub are required here too', () => {
  for (const type of Object.values(buildSchema(GITHUB_SUBSET).getTypeMap())) {
    const real = theirSchema.getType(type.name)
    if (!isInputObjectType(type) || !isInputObjectType(real)) continue
    const required = Object.values(real.getFields()).filter((field) => field.type.toString().endsWith('!'))
    expect(Object.keys(type.getFields())).toEqual(expect.arrayContaining(required.map((field) => field.name)))
  }
})

const CREATE = `mutation ($one: CreateCheckRunInput!, $two: CreateCheckRunInput!, $three: CreateCheckRunInput!) {
  one: createCheckRun(input: $one) { clientMutationId checkRun { id databaseId url status conclusion name } }
  two: createCheckRun(input: $two) { checkRun { id } }
  three: createCheckRun(input: $three) { checkRun { status conclusion completedAt } }
}`

test('each mutation of a request succeeds or fails alone', async () => {
  const result = await octokit
    .graphql(CREATE, {
      one: { repositoryId, headSha, name: 'docker / app', clientMutationId: 'm1', status: 'IN_PROGRESS' },
      two: { repositoryId, headSha: 'f'.repeat(40), name: 'docker / app' },
      three: { repositoryId, headSha, name: 'gate', conclusion: 'SUCCESS' },
    })
    .catch((error: { response: unknown }) => error.response)
  expect(result).toEqual({
    data: {
      one: {
        clientMutationId: 'm1',
        checkRun: {
          id: expect.stringMatching(/^CR_/),
          databaseId: expect.any(Number),
          url: expect.stringContaining('/acme/shop/runs/'),
          status: 'IN_PROGRESS',
          conclusion: null,
          name: 'docker / app',
        },
      },
      two: null,
      three: { checkRun: { status: 'COMPLETED', conclusion: 'SUCCESS', completedAt: expect.any(String) } },
    },
    errors: [
      {
        type: 'UNPROCESSABLE',
        path: ['two'],
        locations: [{ line: 3, column: 3 }],
        message: `No commit found for SHA: ${'f'.repeat(40)}`,
      },
    ],
  })
})

test('a check run is changed, reopened and read again by its node id', async () => {
  const create = 'mutation ($i: CreateCheckRunInput!) { createCheckRun(input: $i) { checkRun { id } } }'
  const input = { repositoryId, headSha, name: 'leg', externalId: 'leg-1', conclusion: 'FAILURE' }
  const made: { createCheckRun: { checkRun: { id: string } } } = await octokit.graphql(create, { i: input })
  const { id } = made.createCheckRun.checkRun
  const update = `mutation ($i: UpdateCheckRunInput!) {
    updateCheckRun(input: $i) { checkRun { status conclusion completedAt title externalId repository { nameWithOwner } } }
  }`
  const output = { title: 'Again', summary: 'Second try.' }
  const again = { repositoryId, checkRunId: id, status: 'QUEUED', output }
  expect(await octokit.graphql(update, { i: again })).toEqual({
    updateCheckRun: {
      checkRun: {
        status: 'QUEUED',
        conclusion: null,
        completedAt: null,
        title: 'Again',
        externalId: 'leg-1',
        repository: { nameWithOwner: NAME },
      },
    },
  })
  const query = 'query ($id: ID!) { node(id: $id) { __typename id ... on CheckRun { name summary } } }'
  const node = { __typename: 'CheckRun', id, name: 'leg', summary: 'Second try.' }
  expect(await octokit.graphql(query, { id })).toEqual({ node })
})

test('a repository and the rate limit can be read', async () => {
  const query = `{
    repository(owner: "acme", name: "shop") { id nameWithOwner isPrivate }
    rateLimit { limit cost remaining used resetAt }
  }`
  const result: { rateLimit: { used: number; remaining: number } } = await octokit.graphql(query)
  expect(result).toMatchObject({
    repository: { id: repositoryId, nameWithOwner: NAME, isPrivate: false },
    rateLimit: { limit: 5000, cost: 1, remaining: 5000 - result.rateLimit.used },
  })
})

async function errorsOf(query: string, variables: Record<string, unknown> = {}) {
  return octokit.graphql(query, variables).then(
    () => [],
    (error: { errors: { type?: string; message: string }[] }) => error.errors.map((one) => [one.type, one.message]),
  )
}

test('what cannot be found is said in its field', async () => {
  expect(await errorsOf('{ repository(owner: "acme", name: "none") { id } }')).toEqual([
    ['NOT_FOUND', "Could not resolve to a Repository with the name 'acme/none'."],
  ])
  expect(await errorsOf('{ node(id: "R_none") { id } }')).toEqual([
    ['NOT_FOUND', "Could not resolve to a node with the global id of 'R_none'."],
  ])
  expect(await errorsOf('{ nonsense }')).toEqual([
    [undefined, expect.stringContaining('Cannot query field "nonsense"')],
  ])
})

const long = (length: number) => 'x'.repeat(length)
const action = { label: 'Re-run', description: 'Again', identifier: 'again' }
const annotation = { path: 'a', message: 'm', annotationLevel: 'NOTICE', location: { startLine: 1, endLine: 1 } }
const restAnnotation = { path: 'a', message: 'm', annotation_level: 'notice', start_line: 1, end_line: 1 }
const output = { title: 't', summary: 's' }

const tooLong = (limit: number) =>
  `Invalid request.\n\nOnly ${limit} characters are allowed; ${limit + 1} were supplied.`
const tooMany = (limit: number) =>
  `Invalid request.\n\nNo more than ${limit} items are allowed; ${limit + 1} were supplied.`

test.each([
  ['a blank name', { name: ' ' }, {}, 'Validation Failed'],
  ['a long summary', { output: { title: 't', summary: long(65_536) } }, {}, tooLong(65_535)],
  ['a long text', { output: { ...output, text: long(65_536) } }, {}, tooLong(65_535)],
  [
    '51 annotations',
    { output: { ...output, annotations: Array(51).fill(annotation) } },
    { output: { ...output, annotations: Array(51).fill(restAnnotation) } },
    tooMany(50),
  ],
  ['4 actions', { actions: Array(4).fill(action) }, {}, tooMany(3)],
  ['a long label', { actions: [{ ...action, label: long(21) }] }, {}, tooLong(20)],
  ['a long description', { actions: [{ ...action, description: long(41) }] }, {}, tooLong(40)],
  ['a long identifier', { actions: [{ ...action, identifier: long(21) }] }, {}, tooLong(20)],
])('both APIs refuse %s', async (_, input, restInput, message) => {
  const before = sandbox.state.checkRuns(NAME).length
  const create = 'mutation ($i: CreateCheckRunInput!) { createCheckRun(input: $i) { checkRun { id } } }'
  const refused = await errorsOf(create, { i: { repositoryId, headSha, name: 'leg', ...input } })
  expect(refused).toEqual([['UNPROCESSABLE', message]])
  const body = { ...SHOP, head_sha: headSha, name: 'leg', ...input, ...restInput }
  const request = octokit.request('POST /repos/{owner}/{repo}/check-runs', body)
  await expect(request).rejects.toMatchObject({ status: 422, response: { data: { message } } })
  expect(sandbox.state.checkRuns(NAME)).toHaveLength(before)
})

test('a token without the permission is refused by field, and nobody without a token', async () => {
  const reader = await installationClient(sandbox, { permissions: { metadata: 'read' } })
  const create = 'mutation ($i: CreateCheckRunInput!) { createCheckRun(input: $i) { checkRun { id } } }'
  await expect(reader.graphql(create, { i: { repositoryId, headSha, name: 'x' } })).rejects.toMatchObject({
    errors: [{ type: 'FORBIDDEN', message: 'Resource not accessible by integration', path: ['createCheckRun'] }],
  })
  const response = await fetch(`http://${sandbox.host}/api/graphql`, {
    method: 'POST',
    body: '{"query":"{__typename}"}',
  })
  expect(response.status).toBe(401)
})
