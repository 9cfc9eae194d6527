/**
 * The text of a first `.github/signalbox.yml`. Everything that was found in the repository becomes a node of the YAML
 * library, which quotes what needs quotes; only comments of our own are added. What is left out has a good default.
 */
import { Document, isMap, isScalar, visit, YAMLMap } from 'yaml'
import type { FoundImage } from './images.ts'
import type { ScaffoldJob } from './workflow-plans.ts'

export interface ConfigParts {
  readonly defaultBranch: string
  readonly gateName: string
  readonly jobs: readonly ScaffoldJob[]
  readonly images: readonly FoundImage[]
  /** The directory whose sources a runtime image holds. */
  readonly runtimeSource: string
  /** What it holds beside them. */
  readonly runtimeInclude: readonly string[]
  readonly hasLintFix: boolean
  readonly hasCleanup: boolean
  /** Whether GitHub itself starts every workflow of the pipeline for pull requests from forks. */
  readonly followsForks: boolean
}

/** One that has the languages already, and a plain system. */
const BASE_IMAGES = [
  { image: 'nikolaik/python-nodejs:python3.12-nodejs22', tag: 'nikolaik' },
  { image: 'ubuntu:24.04', tag: 'ubuntu' },
]

/** Nothing that anybody would miss; early on a Monday, in nobody's way. */
const CLEANUP = {
  schedule: '30 3 * * 1',
  rules: [{ pull_requests: 'closed' }, { untagged: true, older_than: '14d' }],
}

const HEAD = ` What Signalbox runs for this repository. It is read from the default branch: a change works once it is merged.
 Check it with: signalbox validate`

export function writeConfig(parts: ConfigParts): string {
  const hasRuntime = parts.images.some((image) => image.isRuntime)
  const document = new Document({
    version: 1,
    ...(hasRuntime ? { matrices: { base_image: BASE_IMAGES } } : {}),
    pipelines: { ci: pipeline(parts) },
    ...(parts.followsForks ? { forks: { start: 'observe' } } : {}),
    ...(parts.hasLintFix ? { label_actions: { 'lint-fix': { workflow: 'lint-fix.yml' } } } : {}),
    ...(parts.images.length > 0
      ? { images: Object.fromEntries(parts.images.map((image) => [image.name, imageEntry(image, parts)])) }
      : {}),
    ...(parts.hasCleanup ? { cleanup: { images: CLEANUP } } : {}),
  })
  document.commentBefore = HEAD
  explain(
    document,
    ['pipelines', 'ci', 'gates'],
    ' Require this check in the protection of the branch, bound to the app.',
  )
  explain(
    document,
    ['forks'],
    ` The legs of a pull request from a fork are not dispatched: they follow the runs of the same workflows that GitHub
 starts for it, without secrets. One that changes the workflows waits for /ok-to-test even so.`,
  )
  explain(
    document,
    ['label_actions'],
    ` Put on a pull request by somebody with write permission, the label starts the workflow, which pushes to the
 branch and is shown as the check «label / lint-fix». The label is removed when that is done.`,
  )
  explain(
    document,
    ['cleanup'],
    ` Old images, by the first rule that is about them; what no rule is about stays. A dry run until \`confirmed: true\` stands here: see
 what would go with «signalbox sweeps», or with «signalbox cleanup images OWNER/PACKAGE --dry-run».`,
  )
  layOut(document)
  return document.toString({ lineWidth: 0 })
}

function pipeline({ defaultBranch, gateName, jobs, images }: ConfigParts) {
  return {
    on: {
      push: { branches: [escapePattern(defaultBranch)] },
      ...(images.length > 0 ? { tag: {} } : {}),
      pull_request: {},
      merge_group: {},
      manual: {},
    },
    jobs: Object.fromEntries(jobs.map(({ name, ...job }) => [name, jobEntry(job)])),
    gates: { all: { name: gateName, needs: jobs.map(({ name }) => name) } },
  }
}

/** A branch is matched as a pattern, in which these characters mean something. */
function escapePattern(branch: string): string {
  return branch.replaceAll(/[\\*?[\]{}!]/g, '\\$&')
}

function jobEntry(job: Omit<ScaffoldJob, 'name'>) {
  return {
    workflow: job.workflow,
    ...(job.image === null ? {} : { image: job.image }),
    ...(job.needs.length > 0 ? { needs: job.needs } : {}),
    ...(job.isOverBaseImages ? { matrix: { base_image: '$base_image' }, fail_fast: false } : {}),
    ...(job.retries > 0 ? { retries: job.retries } : {}),
    timeout: job.timeout,
    ...(Object.keys(job.inputs).length > 0 ? { inputs: job.inputs } : {}),
  }
}

function imageEntry(image: FoundImage, parts: ConfigParts) {
  return {
    repository: image.repository,
    dockerfile: image.dockerfile,
    ...(image.context === '.' ? {} : { context: image.context }),
    platforms: image.isOldLayout ? ['linux/amd64', 'linux/arm64'] : ['linux/amd64'],
    ...(image.isOldLayout ? { build_args: { OPENHANDS_BUILD_VERSION: '${{ image.version }}' } } : {}),
    ...(image.isRuntime ? { suffix: '${{ matrix.base_image.tag }}', runtime: runtimeEntry(parts) } : {}),
  }
}

function runtimeEntry({ runtimeSource, runtimeInclude }: ConfigParts) {
  return {
    source: runtimeSource,
    ...(runtimeInclude.length > 0 ? { include: runtimeInclude } : {}),
    base_images: BASE_IMAGES.map(({ image }) => image),
  }
}

function explain(document: Document, path: readonly string[], comment: string): void {
  const parent = path.length === 1 ? document.contents : document.getIn(path.slice(0, -1), true)
  if (!isMap(parent)) return
  const pair = parent.items.find(({ key }) => isScalar(key) && key.value === path.at(-1))
  if (pair !== undefined && isScalar(pair.key)) pair.key.commentBefore = comment
}

/** Small maps and lists of plain values on one line, and an empty line before each part. */
function layOut(document: Document): void {
  visit(document, {
    Map: (_key, node) => {
      const isSmall =
        node.items.length <= 3 &&
        node.items.every(({ value }) => isScalar(value) || (value instanceof YAMLMap && value.items.length === 0))
      if (isSmall && node !== document.contents && String(node).length < 90) node.flow = true
    },
    Seq: (_key, node) => {
      if (node.items.every((item) => isScalar(item)) && node.items.length <= 8) node.flow = true
    },
  })
  if (!isMap(document.contents)) return
  for (const { key } of document.contents.items.slice(1)) if (isScalar(key)) key.spaceBefore = true
}
