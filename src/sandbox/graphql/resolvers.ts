/** What the fields of the schema mean in the sandbox. */
import type { GraphQLResolveInfo } from 'graphql'
import { authorize, nameOfCaller } from '../auth.ts'
import { type CheckRunInput, createCheckRun, updateCheckRun } from '../check-runs.ts'
import { MutationFault } from '../faults.ts'
import { Problem } from '../http/problem.ts'
import { rateBucket } from '../http/rate-limit.ts'
import { isoTime } from '../json.ts'
import { CHECK_CONCLUSIONS, CHECK_STATUSES, type CheckRun, type Repository } from '../model.ts'
import { readNodeId } from '../node-id.ts'
import { fullName, repoWeb } from '../render/urls.ts'
import { findRepository } from '../repositories.ts'
import type { TokenGrant, World } from '../world.ts'
import type { QueryCost } from './cost.ts'
import { makeItemMutations } from './item-mutations.ts'
import { asItem, authorizeItem } from './items.ts'
import { checkRunByNode, commentByNode, itemByNode, labelByNode, repositoryByNode, unresolved } from './nodes.ts'
import { asRepository, EITHER } from './repository.ts'
import { asComment } from './timeline.ts'
import { asLabel, type View } from './view.ts'

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

function asCheckRun(view: View, repository: Repository, run: CheckRun) {
  const url = repoWeb(view.world, repository, `/runs/${run.id}`)
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
    repository: () => asRepository(view, repository),
  }
}

function resolveNode(view: View, id: string) {
  const { world, grant } = view
  const kind = readNodeId(id)?.kind
  if (kind === 'repository') {
    const repository = repositoryByNode(world, id)
    authorize(grant, repository, { metadata: 'read' })
    return asRepository(view, repository)
  }
  if (kind === 'issue' || kind === 'pullRequest') {
    const { repository, item } = itemByNode(world, id)
    authorizeItem(view, repository, item, 'read')
    return asItem(view, repository, item)
  }
  if (kind === 'comment') {
    const { repository, item, comment } = commentByNode(world, id)
    authorizeItem(view, repository, item, 'read')
    return asComment(view, repository, item, comment, (one) => asItem(view, repository, one))
  }
  if (kind === 'label') {
    const { repository, label } = labelByNode(world, id)
    authorize(grant, repository, EITHER)
    return asLabel(view, repository, label)
  }
  const { repository, run } = checkRunByNode(world, id)
  authorize(grant, repository, { checks: 'read' })
  return asCheckRun(view, repository, run)
}

/** One that cannot be found or seen is an error of its own, beside the others. */
function resolveEach(view: View, ids: readonly string[]) {
  return ids.map((id) => {
    try {
      return resolveNode(view, id)
    } catch (error) {
      if (error instanceof Problem) return error
      throw error
    }
  })
}

function makeCheckMutations(view: View) {
  const { world, grant } = view
  const payload = (repository: Repository, run: CheckRun, input: MutationInput) => ({
    checkRun: asCheckRun(view, repository, run),
    clientMutationId: input.clientMutationId ?? null,
  })
  return {
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

/** What a request has beside its query. */
export interface RequestContext {
  readonly cost: QueryCost
  /** Names under which the mutations of the request answer, in their order. */
  readonly mutations: readonly string[]
}

type Mutation = (args: never, context: RequestContext, info: GraphQLResolveInfo) => unknown

/** Mutations, each of which a fault may befall. */
function befallible<Mutations extends Record<string, Mutation>>(world: World, mutations: Mutations): Mutations {
  const guarded = Object.entries(mutations).map(([field, act]) => {
    const guard: Mutation = (args, context, info) => {
      const alias = String(info.path.key)
      const fault = world.faults.takeMutation({ field, alias, place: context.mutations.indexOf(alias) + 1 })
      const result = fault === null || fault.done ? act(args, context, info) : null
      if (fault !== null) throw new MutationFault(fault.type, fault.message)
      return result
    }
    return [field, guard]
  })
  return Object.fromEntries(guarded)
}

export function makeResolvers(world: World, grant: TokenGrant) {
  const view: View = { world, grant }
  return {
    node: ({ id }: { id: string }) => resolveNode(view, id),
    nodes: ({ ids }: { ids: string[] }) => resolveEach(view, ids),
    rateLimit(_: unknown, { cost }: RequestContext) {
      const bucket = rateBucket(world, nameOfCaller({ kind: 'installation', grant }), 'graphql')
      const used = bucket.used + cost.points
      const remaining = bucket.limit - used
      const resetAt = isoTime(new Date(bucket.reset * 1000))
      return { cost: cost.points, nodeCount: cost.nodes, limit: bucket.limit, remaining, used, resetAt }
    },
    repository({ owner, name }: { owner: string; name: string }) {
      try {
        const repository = findRepository(world, `${owner}/${name}`)
        authorize(grant, repository, { metadata: 'read' })
        return asRepository(view, repository)
      } catch (error) {
        if (!(error instanceof Problem) || error.status !== 404) throw error
        throw new Problem(404, `Could not resolve to a Repository with the name '${owner}/${name}'.`)
      }
    },
    ...befallible(world, { ...makeCheckMutations(view), ...makeItemMutations(view) }),
  }
}
