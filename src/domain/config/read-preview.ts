/**
 * Reads the previews. The jobs that they need are named with their pipelines and have to exist, in a pipeline that runs
 * on pull requests, since the preview would wait for ever otherwise. Branch names are strangers' words: they can be told
 * to the workflow, and be part of no name and no link.
 */

import type { z } from 'zod'
import { MAX_PREVIEWS, type Pipeline, type PreviewConfig, type PreviewWorkflow } from '../config.ts'
import type { ConfigDocument } from './config-document.ts'
import type { KeyPath } from './key-path.ts'
import { previewSchema } from './preview-schema.ts'
import { didYouMean, quote } from './problem-wording.ts'
import { reportInputPaths, reportPaths, SAFE_PATHS } from './read-texts.ts'
import { parseDuration } from './value-schemas.ts'
import { inputTexts, workflowName } from './workflow-schema.ts'

type PreviewSpec = z.output<typeof previewSchema>

export function readPreviews(document: ConfigDocument, pipelines: readonly Pipeline[]): PreviewConfig[] {
  const jobs = jobsByName(pipelines)
  // More than there may be are a problem already.
  const names = document.keysOf(['previews']).slice(0, MAX_PREVIEWS)
  return names.map((name) => readPreview(document, name, jobs))
}

function readPreview(document: ConfigDocument, name: string, jobs: Jobs): PreviewConfig {
  const { shape } = previewSchema
  const at = (key: keyof PreviewSpec) => ['previews', name, key]
  const [owner = '', repository = ''] = (document.valid(shape.repository, at('repository')) ?? '').split('/')
  const environment = document.valid(shape.environment, at('environment')) ?? `preview/${name}/pr-\${{ pr.number }}`
  const url = document.valid(shape.url, at('url')) ?? null
  reportPaths(document, at('environment'), environment, IN_ENVIRONMENT)
  reportPaths(document, at('url'), url ?? '', IN_URL)
  const deploy = readDeploy(document, name)
  return {
    name,
    label: document.valid(shape.label, at('label')) ?? '',
    needs: readNeededJobs(document, at('needs'), document.valid(shape.needs, at('needs')) ?? [], jobs),
    repository: { owner, name: repository },
    deploy,
    teardown: readTeardown(document, at('teardown'), deploy.ref),
    redeploy: document.valid(shape.redeploy, at('redeploy')) ?? true,
    environment,
    url,
    timeoutMs: parseDuration(document.valid(shape.timeout, at('timeout')) ?? '') ?? 0,
  }
}

const IN_ENVIRONMENT = { paths: SAFE_PATHS, why: "which no environment's name can hold" }
const IN_URL = { paths: SAFE_PATHS, why: "which no preview's URL can hold" }

function readDeploy(document: ConfigDocument, name: string): PreviewWorkflow {
  const { shape } = previewSchema
  const at = (key: keyof PreviewSpec) => ['previews', name, key]
  return {
    workflow: workflowName(document.valid(shape.workflow, at('workflow')) ?? ''),
    ref: document.valid(shape.ref, at('ref')) ?? '',
    inputs: readInputs(document, at('inputs'), document.valid(shape.inputs, at('inputs'))),
  }
}

function readTeardown(document: ConfigDocument, path: KeyPath, ref: string): PreviewWorkflow | null {
  const teardown = document.valid(previewSchema.shape.teardown, path) ?? null
  if (teardown === null) return null
  return {
    workflow: workflowName(teardown.workflow),
    ref: teardown.ref ?? ref,
    inputs: readInputs(document, [...path, 'inputs'], teardown.inputs),
  }
}

function readInputs(
  document: ConfigDocument,
  path: KeyPath,
  spec: PreviewSpec['inputs'] | null,
): Record<string, string> {
  document.reportChangedNumbers(path)
  const inputs = inputTexts(spec)
  reportInputPaths(document, path, inputs, 'a preview')
  return inputs
}

type NeededJob = PreviewConfig['needs'][number]

/** `pipeline.job` → what it can mean: names of pipelines and of jobs may both hold dots. */
type Jobs = ReadonlyMap<string, readonly { readonly pipeline: Pipeline; readonly job: string }[]>

function jobsByName(pipelines: readonly Pipeline[]): Jobs {
  const jobs = pipelines.flatMap((pipeline) => pipeline.jobs.map(({ name: job }) => ({ pipeline, job })))
  return Map.groupBy(jobs, ({ pipeline, job }) => `${pipeline.name}.${job}`)
}

function readNeededJobs(
  document: ConfigDocument,
  path: KeyPath,
  needs: string | readonly string[],
  jobs: Jobs,
): NeededJob[] {
  const texts = typeof needs === 'string' ? [needs] : needs
  const found = new Map<string, NeededJob>()
  for (const [index, text] of texts.entries()) {
    const result = findJob(text, jobs)
    if (typeof result === 'string') {
      document.report(typeof needs === 'string' ? path : [...path, index], `"needs" names ${quote(text)}, ${result}`)
    } else found.set(text, result)
  }
  return [...found.values()]
}

/** A text: why there is no such job, or not one to wait for. */
function findJob(text: string, jobs: Jobs): NeededJob | string {
  const [match, other] = jobs.get(text) ?? []
  if (match === undefined) {
    return `which is no job of any pipeline; ${didYouMean(text, [...jobs.keys()], 'there are')}`
  }
  const { pipeline, job } = match
  if (other !== undefined) {
    const both = [match, other].map((one) => `the job ${quote(one.job)} of ${quote(one.pipeline.name)}`)
    return `which is both ${both.join(' and ')}; rename one of them`
  }
  // Triggers of wrong shape are a problem already.
  if (pipeline.on.pullRequest === undefined && Object.keys(pipeline.on).length > 0) {
    return 'whose pipeline does not run on pull requests, so the preview would wait for ever; add pull_request to its "on"'
  }
  return { pipeline: pipeline.name, job }
}
