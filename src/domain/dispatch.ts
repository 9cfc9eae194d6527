/**
 * What a leg is told when it is dispatched, and what a refusal means. Everything goes by inputs, as data: nothing of
 * it is ever part of a command.
 */
import type { LegImage } from './plan.ts'
import type { LegFacts, RunFacts } from './run.ts'
import { pullRequestOf } from './trigger.ts'

/** The inputs of an attempt's `workflow_dispatch`: the leg's own, and `signalbox`, one JSON string. */
export function attemptInputs(run: RunFacts, leg: LegFacts, attemptId: string): Record<string, string> {
  const { trigger } = run
  const pullRequest = pullRequestOf(trigger)
  const told = {
    leg: leg.id,
    attempt: attemptId,
    pipeline: run.pipeline,
    job: leg.plan.job,
    matrix: leg.plan.matrix,
    event: trigger.kind,
    ref_name: trigger.refName,
    sha: trigger.sha,
    pull_request: pullRequest?.number ?? null,
    head_ref: pullRequest?.headRef ?? null,
    base_ref: trigger.kind === 'merge_group' ? trigger.baseRef : (pullRequest?.baseRef ?? null),
    default_branch: trigger.repo.defaultBranch,
    trusted: run.trusted,
    // Whatever an untrusted leg builds goes nowhere; it could not be taken back.
    push: run.trusted && (leg.plan.image?.build?.push ?? true),
    build_only: leg.plan.buildOnly,
    ...(leg.plan.toldInputs === null ? {} : { inputs: leg.plan.toldInputs }),
    image: leg.plan.image === null ? null : tellImage(leg.plan.image),
  }
  return { ...leg.plan.inputs, signalbox: JSON.stringify(told) }
}

/** What an executor needs to build the image, or to use it; only its name where `images` does not have it. */
function tellImage({ name, build }: LegImage) {
  if (build === null) return { name }
  return {
    name,
    repository: build.repository,
    version: build.version,
    tags: build.tags,
    build_args: Object.entries(build.buildArgs).map(([key, value]) => `${key}=${value}`),
    platforms: build.platforms,
    cache_from: build.cacheFrom,
    cache_to: build.cacheTo,
    push: build.push,
    dockerfile: build.dockerfile,
    context: build.context,
    target: build.target,
    labels: build.labels,
  }
}

/** GitHub's words about a dispatch that it refused, and what to do about it. */
export function explainRefusal(refusal: Refusal, leg: { workflow: string; ref: string }): string {
  const needs = '; every executor workflow must declare the input `signalbox`'
  return explain(refusal, { ...leg, what: 'the job', where: '', needs })
}

/** The same of a preview's workflow, which is another repository's, and is told the preview's own inputs only. */
export function explainPreviewRefusal(
  refusal: Refusal,
  target: { workflow: string; ref: string; repository: { owner: string; name: string } },
): string {
  const { workflow, ref, repository } = target
  return explain(refusal, {
    workflow,
    ref,
    what: 'the preview',
    where: ` of ${repository.owner}/${repository.name}`,
    needs: ', or take them out of the preview',
  })
}

interface Refusal {
  readonly status: number
  readonly message: string
}

interface Refused {
  readonly workflow: string
  readonly ref: string
  /** What of the configuration it belongs to. */
  readonly what: string
  /** ` of owner/name`; empty: of the repository itself. */
  readonly where: string
  /** What else is to be said of inputs. */
  readonly needs: string
}

function explain(refusal: Refusal, refused: Refused): string {
  const { workflow, ref, where } = refused
  const said = `GitHub refused to dispatch ${workflow}${where} on ${ref}: ${refusal.message} (${refusal.status}).`
  return `${said} ${remedy(refusal, refused)}`
}

function remedy({ status, message }: Refusal, { workflow, ref, what, where, needs }: Refused): string {
  const about = (words: string) => message.toLowerCase().includes(words)
  if (about('disabled workflow')) return `Enable ${workflow} in the repository's Actions tab.`
  if (about('workflow_dispatch'))
    return `Add \`workflow_dispatch:\` under \`on:\` in .github/workflows/${workflow} on the default branch.`
  if (about('unexpected inputs')) return `Declare these under \`on.workflow_dispatch.inputs\` in ${workflow}${needs}.`
  if (about('required input') || about('not provided'))
    return `Give ${what} that input under \`inputs:\` in .github/signalbox.yml, or make it optional in ${workflow}.`
  if (about('no ref found')) return `Create the branch or tag ${ref}, or change ${what}'s \`ref:\`.`
  if (about('too large') || about('too many'))
    return `Give ${what} shorter inputs, and its image shorter build arguments: GitHub takes 65,535 characters in all.`
  if (status === 404)
    return `Check that .github/workflows/${workflow} is on the default branch${where}, and that Signalbox may write Actions.`
  if (status === 403) return 'Check that the installation of Signalbox has the permission «Actions: read and write».'
  return `Check .github/workflows/${workflow} on ${ref}.`
}
