/**
 * What `signalbox init` writes for a repository: a first configuration, and the executor workflows that its jobs name.
 * One pipeline runs everything that was found, for the default branch, pull requests and the merge queue, and one gate
 * waits for all of it. What was found and cannot be used safely is left out and said so.
 */
import { writeConfig } from './scaffold/config-text.ts'
import { type FoundImage, findImages } from './scaffold/images.ts'
import { findProjects, type Project } from './scaffold/projects.ts'
import { inside, type Survey } from './scaffold/survey.ts'
import { CLEANUP_PLAN, imagePlans, projectPlans, type WorkflowPlan } from './scaffold/workflow-plans.ts'

/** What there is to set up, before anybody chose of it. */
export interface Findings {
  readonly defaultBranch: string
  readonly repository: Survey['repository']
  readonly images: readonly FoundImage[]
  readonly projects: readonly Project[]
  /** The directory whose sources a runtime image holds. */
  readonly runtimeSource: string
  /** What a runtime image holds beside them. */
  readonly runtimeInclude: readonly string[]
  /** The project whose tests a runtime image is tested with; null: there are none. */
  readonly runtimeTests: Project | null
  readonly notes: readonly string[]
}

export interface ScaffoldChoices {
  readonly gateName: string
  /** Whether the workflow that repairs what linters complain about is written. */
  readonly lintFix: boolean
  /** Whether old images are cleaned up, and the workflow that does it is written. */
  readonly cleanup: boolean
  /** What npx runs, as `isPinnedCommandLine` has it; null: only what the repository's variable SIGNALBOX_CLI names. */
  readonly commandLine: string | null
}

export interface Scaffold {
  /** The text of `.github/signalbox.yml`. */
  readonly config: string
  readonly workflows: readonly WorkflowPlan[]
  readonly notes: readonly string[]
}

export function readFindings(survey: Survey): Findings {
  const { images, notes: aboutImages } = findImages(survey)
  const { projects, notes: aboutProjects } = findProjects(survey)
  const isRuntime = images.some((image) => image.isRuntime)
  const isRuntimeTested = isRuntime && [...survey.files].some((path) => path.startsWith('tests/runtime/'))
  const python = projects.find(
    ({ toolchain, directory, test }) => toolchain === 'python' && directory === '.' && test.length > 0,
  )
  const notes = [...survey.notes, ...aboutImages, ...aboutProjects, ...noteLogins(images)]
  if (survey.defaultBranch === null) notes.push('Git does not know the default branch; main is taken for it.')
  if (isRuntime && !['pyproject.toml', 'poetry.lock'].every((file) => survey.files.has(file)))
    notes.push(
      'A runtime image needs pyproject.toml and poetry.lock: name the lock files under `runtime` in .github/signalbox.yml.',
    )
  return {
    defaultBranch: survey.defaultBranch ?? 'main',
    repository: survey.repository,
    images,
    projects: projects.map((project) =>
      isRuntimeTested && project === python
        ? { ...project, test: project.test.map((command) => `${command} --ignore=tests/runtime`) }
        : project,
    ),
    runtimeSource: sourceDirectory(survey),
    runtimeInclude: ['microagents'].filter((name) => [...survey.files].some((path) => path.startsWith(`${name}/`))),
    runtimeTests: isRuntimeTested ? (python ?? null) : null,
    notes,
  }
}

function noteLogins(images: readonly FoundImage[]): string[] {
  return images
    .filter(({ repository }) => !repository.startsWith('ghcr.io/'))
    .map(
      ({ name, repository }) =>
        `The image ${name} goes to ${repository}: add a login for that registry to the workflow that builds it.`,
    )
}

/** The package that the project is named after, or the first one that there is. */
function sourceDirectory(survey: Survey): string {
  const project = /^name\s*=\s*["']([A-Za-z0-9._-]+)["']/m.exec(survey.texts.get('pyproject.toml') ?? '')?.[1] ?? ''
  const packages = [...survey.files].flatMap((path) => /^([A-Za-z0-9_]+)\/__init__\.py$/.exec(path)?.[1] ?? []).sort()
  const wanted = project.toLowerCase().replaceAll(/[.-]/g, '_')
  return (
    packages.find((name) => name === wanted) ??
    // A distribution is often called after its package and what it is: `shop-server` has the package `shop`.
    packages.find((name) => wanted.startsWith(`${name}_`)) ??
    packages.find((name) => name !== 'tests') ??
    'src'
  )
}

export function decideScaffold(findings: Findings, choices: ScaffoldChoices): Scaffold {
  const plans = [
    ...imagePlans(findings.images, findings.runtimeTests, choices.commandLine),
    ...projectPlans(findings.projects, choices.lintFix),
  ]
  // All or none: where one leg waits for approval the gate does, and the others would run twice, at GitHub's word and at ours.
  const obstacles = [...new Set(plans.flatMap(({ notForForks }) => notForForks ?? []))]
  const forks = obstacles.length === 0
  const config = writeConfig({
    defaultBranch: findings.defaultBranch,
    gateName: choices.gateName,
    jobs: plans.flatMap(({ jobs }) => jobs),
    images: findings.images,
    runtimeSource: findings.runtimeSource,
    runtimeInclude: findings.runtimeInclude,
    hasCleanup: choices.cleanup && findings.images.length > 0,
    hasLintFix: plans.some(({ file }) => file === 'lint-fix.yml'),
    followsForks: forks,
  })
  const needsCleanup = choices.cleanup && findings.images.some(({ repository }) => repository.startsWith('ghcr.io/'))
  const shared = { runner: 'ubuntu-24.04', cli: choices.commandLine, forks }
  return {
    config,
    workflows: [...plans, ...(needsCleanup ? [CLEANUP_PLAN] : [])].map(({ file, template, values }) => ({
      file,
      template,
      values: { ...shared, ...values },
    })),
    notes: [
      ...obstacles.map((why) => `Pull requests from forks wait for a maintainer's /ok-to-test: ${why}.`),
      ...(choices.cleanup && findings.images.length === 0 ? ['There are no images to clean up.'] : []),
    ],
  }
}

/** Where a workflow of the scaffold is written, relative to the repository. */
export function workflowPath(file: string): string {
  return inside('.github/workflows', file)
}
