/** What the fields of the schema mean in the sandbox. */
import { authorize, nameOfCaller } from '../auth.ts'
import { type CheckRunInput, createCheckRun, updateCheckRun } from '../check-runs.ts'
import { Problem } from '../http/problem.ts'
import { rateBucket } from '../http/rate-limit.ts'
import { isoTime } from '../json.ts'
import { CHECK_CONCLUSIONS, CHECK_STATUSES, type CheckRun, type Repository } from '../model.ts'
import { readNodeId } from '../node-id.ts'
import { fullName, repoWeb } from '../render/urls.ts'
import { findRepository } from '../repositories.ts'
import type { TokenGrant, World } from '../world.ts'
import { asRepository } from './repository.ts'

/** `CreateCheckRunInput` and `UpdateCheckRunInput`, as far as they agree, after the schema has checked them. */
interface MutationInput {
  readonly clientMutationId?: string | null
  readonly repositoryId: string
  readonly name?: string | null
  readonly status?: string | null
  readonly conclusion?: string | null
  readonly externalId?: string | null
  readonly detailsUrl?: string | null
  readonly startedAt?: string | null
  readonly completedAt?: string | null
  readonly output?: OutputInput | null
  readonly actions?: readonly { label: string; description: string; identifier: string }[] | null
}

interface OutputInput {
  readonly title: string
  readonly summary: string
  readonly text?: string | null
  readonly annotations?: readonly AnnotationInput[] | null
}

interface AnnotationInput {
  readonly annotationLevel: 'FAILURE' | 'NOTICE' | 'WARNING'
  readonly location: { startLine: number; endLine: number; startColumn?: number | null; endColumn?: number | null }
  readonly message: string
  readonly path: string
  readonly rawDetails?: string | null
  readonly title?: string | null
}

const LEVELS = { FAILURE: 'failure', NOTICE: 'notice', WARNING: 'warning' } as const

function readOutput(output: OutputInput): CheckRunInput['output'] {
  const annotations = output.annotations?.map(({ annotationLevel, location, message, path, rawDetails, title }) => ({
    path,
    message,
    startLine: location.startLine,
    endLine: location.endLine,
    startColumn: location.startColumn ?? null,
    endColumn: location.endColumn ?? null,
    level: LEVELS[annotationLevel],
    title: title ?? null,
    rawDetails: rawDetails ?? null,
  }))
  return { title: output.title, summary: output.summary, text: output.text ?? undefined, annotations }
}

function time(text: string | null | undefined): Date | undefined {
  return text == null ? undefined : new Date(text)
}

function readInput(input: MutationInput): CheckRunInput {
  const conclusion = CHECK_CONCLUSIONS.find((one) => one === input.conclusion?.toLowerCase())
  if (input.conclusion != null && conclusion === undefined) {
    throw new Problem(422, `Conclusion ${input.conclusion} cannot be set by an app`)
  }
  return {
    name: input.name ?? undefined,
    status: CHECK_STATUSES.find((one) => one === input.status?.toLowerCase()),
    conclusion,
    externalId: input.externalId ?? undefined,
    detailsUrl: input.detailsUrl ?? undefined,
    startedAt: time(input.startedAt),
    completedAt: time(input.completedAt),
    output: input.output == null ? undefined : readOutput(input.output),
    actions: input.actions ?? undefined,
  }
}

function asCheckRun(world: World, grant: TokenGrant, repository: Repository, run: CheckRun) {
  const url = repoWeb(world, repository, `/runs/${run.id}`)
  return {
    __typename: 'CheckRun',
    id: run.nodeId,
    databaseId: run.id,
    name: run.name,
    status: run.status.toUpperCase(),
    conclusion: run.conclusion?.toUpperCase() ?? null,
    externalId: run.externalId,
    detailsUrl: run.detailsUrl ?? url,
    startedAt: isoTime(run.startedAt),
    completedAt: isoTime(run.completedAt),
    title: run.title,
    summary: run.summary,
    text: run.text,
    permalink: url,
    url,
    resourcePath: `/${fullName(repository)}/runs/${run.id}`,
    repository: asRepository(world, grant, repository),
  }
}

function unresolved(id: string): Problem {
  return new Problem(404, `Could not resolve to a node with the global id of '${id}'.`)
}

function repositoryByNode(world: World, id: string): Repository {
  const node = readNodeId(id)
  const found = node?.kind === 'repository' ? world.repositories.get(Number(node.key)) : undefined
  if (found === undefined || found.deleted) throw unresolved(id)
  return found
}

function checkRunByNode(world: World, id: string): { repository: Repository; run: CheckRun } {
  const node = readNodeId(id)
  for (const repository of node?.kind === 'checkRun' ? world.repositories.values() : []) {
    const run = repository.checkRuns.get(Number(node?.key))
    if (run !== undefined) return { repository, run }
  }
  throw unresolved(id)
}

function resolveNode(world: World, grant: TokenGrant, id: string) {
  if (readNodeId(id)?.kind === 'repository') {
    const repository = repositoryByNode(world, id)
    authorize(grant, repository, { metadata: 'read' })
    return asRepository(world, grant, repository)
  }
  const { repository, run } = checkRunByNode(world, id)
  authorize(grant, repository, { checks: 'read' })
  return asCheckRun(world, grant, repository, run)
}

export function makeResolvers(world: World, grant: TokenGrant) {
  const payload = (repository: Repository, run: CheckRun, input: MutationInput) => ({
    checkRun: asCheckRun(world, grant, repository, run),
    clientMutationId: input.clientMutationId ?? null,
  })
  return {
    node: ({ id }: { id: string }) => resolveNode(world, grant, id),
    nodes: ({ ids }: { ids: string[] }) => ids.map((id) => resolveNode(world, grant, id)),
    rateLimit() {
      const bucket = rateBucket(world, nameOfCaller({ kind: 'installation', grant }), 'graphql')
      const remaining = bucket.limit - bucket.used - 1
      const resetAt = isoTime(new Date(bucket.reset * 1000))
      return { cost: 1, nodeCount: 0, limit: bucket.limit, remaining, used: bucket.used + 1, resetAt }
    },
    repository({ owner, name }: { owner: string; name: string }) {
      try {
        const repository = findRepository(world, `${owner}/${name}`)
        authorize(grant, repository, { metadata: 'read' })
        return asRepository(world, grant, repository)
      } catch (error) {
        if (!(error instanceof Problem) || error.status !== 404) throw error
        throw new Problem(404, `Could not resolve to a Repository with the name '${owner}/${name}'.`)
      }
    },
    createCheckRun({ input }: { input: MutationInput & { name: string; headSha: string } }) {
      const repository = repositoryByNode(world, input.repositoryId)
      authorize(grant, repository, { checks: 'write' })
      const wanted = { ...readInput(input), name: input.name, headSha: input.headSha }
      return payload(repository, createCheckRun(world, repository, world.app, wanted), input)
    },
    updateCheckRun({ input }: { input: MutationInput & { checkRunId: string } }) {
      const repository = repositoryByNode(world, input.repositoryId)
      authorize(grant, repository, { checks: 'write' })
      const known = checkRunByNode(world, input.checkRunId)
      if (known.repository !== repository) throw unresolved(input.checkRunId)
      return payload(repository, updateCheckRun(world, repository, world.app, known.run, readInput(input)), input)
    },
  }
}
