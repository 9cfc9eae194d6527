/**
 * The executor workflows for what was found, each with the jobs that dispatch it. All images without a base image of their
 * own share one workflow, since the leg says which one is built. The tests and the linters of all projects share one each.
 */
import type { FoundImage } from './images.ts'
import type { Project } from './projects.ts'

export interface ScaffoldJob {
  readonly name: string
  readonly workflow: string
  readonly image: string | null
  readonly needs: readonly string[]
  readonly isOverBaseImages: boolean
  readonly retries: number
  readonly timeout: string
  readonly inputs: Readonly<Record<string, string>>
}

export type WorkflowTemplate =
  | 'build-image.yml'
  | 'build-runtime.yml'
  | 'test-runtime.yml'
  | 'test.yml'
  | 'lint.yml'
  | 'lint-fix.yml'
  | 'cleanup.yml'

/** A workflow to render: a file of `templates/workflows/`, and what it is rendered with. */
export interface WorkflowPlan {
  /** File name in `.github/workflows`. */
  readonly file: string
  readonly template: WorkflowTemplate
  readonly values: Readonly<Record<string, unknown>>
}

export interface PlanWithJobs extends WorkflowPlan {
  readonly jobs: readonly ScaffoldJob[]
  /** Why GitHub cannot start it for pull requests from forks, as the end of a sentence; null: it can. */
  readonly notForForks: string | null
}

const PLAIN_JOB = { image: null, needs: [], isOverBaseImages: false, retries: 0, timeout: '1h', inputs: {} } as const

/** GitHub keeps variables, as it keeps secrets, from the runs that a fork causes. */
const NEEDS_NAME =
  "a run that GitHub starts for them does not see the repository's variable SIGNALBOX_CLI; with --cli the workflows name the command line themselves, and these pull requests need no approval"
const HANDS_OVER =
  'a runtime image is handed from one workflow run to another, which takes runs that Signalbox dispatches'

export function imagePlans(
  images: readonly FoundImage[],
  runtimeTests: Project | null,
  commandLine: string | null,
): PlanWithJobs[] {
  const plain = images.filter(({ isRuntime }) => !isRuntime)
  const runtimes = images.filter(({ isRuntime }) => isRuntime)
  const build: PlanWithJobs = {
    file: 'build-image.yml',
    template: 'build-image.yml',
    values: {
      title: 'Build image',
      images: plain.map(({ name }) => name),
      needsEmulation: plain.some(({ isOldLayout }) => isOldLayout),
    },
    jobs: plain.map(({ name }) => ({ ...PLAIN_JOB, name: `build-${name}`, workflow: 'build-image.yml', image: name })),
    // Beside a runtime image, naming the command line would change nothing: that one says why.
    notForForks: commandLine === null && runtimes.length === 0 ? NEEDS_NAME : null,
  }
  return [
    ...(plain.length > 0 ? [build] : []),
    ...runtimes.flatMap((image, index) => runtimePlans(image, index, runtimeTests)),
  ]
}

function runtimePlans(image: FoundImage, index: number, tests: Project | null): PlanWithJobs[] {
  const end = index === 0 ? '' : `-${image.name}`
  const buildFile = `build-runtime${end}.yml`
  const testFile = `test-runtime${end}.yml`
  const base = { base_tag: '${{ matrix.base_image.tag }}' }
  const buildJob = {
    ...PLAIN_JOB,
    name: `build-${image.name}`,
    workflow: buildFile,
    image: image.name,
    isOverBaseImages: true,
    timeout: '1h30m',
  }
  const build: PlanWithJobs = {
    file: buildFile,
    template: 'build-runtime.yml',
    values: { title: `Build ${image.name}`, buildFolder: image.context },
    jobs: [{ ...buildJob, inputs: { base_image: '${{ matrix.base_image.image }}', ...base } }],
    notForForks: HANDS_OVER,
  }
  if (tests === null) return [build]
  const under = '${{ image.repository }}:${{ sha }}-${{ matrix.base_image.tag }}'
  const testJobs = (['false', 'true'] as const).map((asUser) => ({
    ...buildJob,
    name: `test-${image.name}-${asUser === 'true' ? 'user' : 'root'}`,
    workflow: testFile,
    needs: [buildJob.name],
    retries: 1,
    inputs: { image: under, ...base, run_as_openhands: asUser, workers: '3' },
  }))
  const run = tests.test.at(0)?.replace(/pytest$/, '') ?? ''
  const project = {
    ...tests,
    install: [
      ...tests.install,
      `${run.replace(/^python -m /, '')}pip install pytest-xdist==3.8.0 pytest-rerunfailures==15.1`,
    ],
    pytest: `${run}pytest`,
  }
  const values = {
    title: `Test ${image.name}`,
    project,
    testArguments: 'tests/runtime',
    buildFolder: image.context,
    buildWorkflow: buildFile,
  }
  return [build, { file: testFile, template: 'test-runtime.yml', values, jobs: testJobs, notForForks: HANDS_OVER }]
}

export function projectPlans(projects: readonly Project[], lintFix: boolean): PlanWithJobs[] {
  const having = (kind: 'test' | 'lint' | 'fix') => projects.filter((project) => project[kind].length > 0)
  const toLint = (kind: 'lint' | 'fix') => having(kind).map((project) => ({ ...project, install: project.lintInstall }))
  const plan = (
    file: 'test.yml' | 'lint.yml' | 'lint-fix.yml',
    list: readonly Project[],
    values: Readonly<Record<string, unknown>>,
    jobs: ScaffoldJob[],
  ) =>
    list.length === 0 ? [] : [{ file, template: file, values: { ...values, projects: list }, jobs, notForForks: null }]
  return [
    ...plan(
      'lint.yml',
      toLint('lint'),
      { title: 'Lint', about: 'Checks the style of the code, each project in a job of its own.' },
      [{ ...PLAIN_JOB, name: 'lint', workflow: 'lint.yml', timeout: '30m' }],
    ),
    ...plan(
      'test.yml',
      having('test'),
      { title: 'Test', doing: 'test of', inputs: [], about: 'Runs the tests, each project in a job of its own.' },
      [{ ...PLAIN_JOB, name: 'test', workflow: 'test.yml', retries: 1 }],
    ),
    ...(lintFix ? plan('lint-fix.yml', toLint('fix'), { title: 'Lint fix' }, []) : []),
  ]
}

/** What deletes old images where the app has no token that may; the file is the one that `cleanup.images` names by default. */
export const CLEANUP_PLAN: WorkflowPlan = {
  file: 'signalbox-cleanup.yml',
  template: 'cleanup.yml',
  values: { title: 'Signalbox cleanup' },
}
