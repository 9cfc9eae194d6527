/** The sample repository is one that Signalbox accepts, and whose executor workflows take what its legs are told. */
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { parseConfig } from '../../src/domain/parse-config.ts'
import { sampleDeployRepository, sampleRepository } from '../../src/sandbox/sample-repository.ts'

const files = sampleRepository()
const parsed = parseConfig(files['.github/signalbox.yml'] ?? '', { path: '.github/signalbox.yml' })
const pipelines = parsed.ok ? parsed.config.pipelines : []
const previews = parsed.ok ? parsed.config.previews : []
const deployFiles = sampleDeployRepository()

test('its configuration is valid', () => {
  expect(parsed.ok ? [] : parsed.problems).toEqual([])
  expect(pipelines.flatMap(({ jobs }) => jobs.map(({ name }) => name))).toEqual(['app', 'runtime', 'test-runtime'])
})

test.each(pipelines.flatMap(({ jobs }) => jobs.map((job) => [job.name, job] as const)))(
  'the workflow of job %s takes exactly what the job gives it',
  (_, job) => {
    const path = job.start.kind === 'dispatch' ? job.start.workflow : 'none: the job is not dispatched'
    const workflow = parse(files[`.github/workflows/${path}`] ?? '{}')
    const declared = Object.keys(workflow.on.workflow_dispatch.inputs).sort()
    expect(declared).toEqual([...Object.keys(job.inputs), 'signalbox'].sort())
    expect(workflow['run-name']).toMatch(/^\$\{\{ fromJSON\(inputs\.signalbox\)\.attempt \}\} /)
  },
)

test.each(
  previews.flatMap(({ name, deploy, teardown }) =>
    [deploy, teardown].flatMap((one) => (one === null ? [] : [[name, one.workflow, one.inputs] as const])),
  ),
)('the preview %s gives %s exactly what it takes', (_, workflow, inputs) => {
  const { on } = parse(deployFiles[`.github/workflows/${workflow}`] ?? '{}')
  expect(Object.keys(on.workflow_dispatch.inputs).sort()).toEqual(Object.keys(inputs).sort())
})

test('its preview needs a job that it has, and is taken down', () => {
  expect(previews).toMatchObject([{ label: 'deploy', needs: [{ pipeline: 'docker', job: 'app' }] }])
  expect(previews[0]?.teardown).not.toBeNull()
})

test('its workflows put no input into a command', () => {
  for (const [path, text] of [...Object.entries(files), ...Object.entries(deployFiles)]) {
    if (!path.startsWith('.github/workflows/')) continue
    const commands = text.split('\n').filter((line) => line.includes('run:'))
    expect(commands.length).toBeGreaterThan(0)
    expect(commands.filter((line) => line.includes('${{'))).toEqual([])
  }
})
