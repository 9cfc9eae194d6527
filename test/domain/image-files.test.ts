import { expect, test } from 'vitest'
import { mayNameImages } from '../../src/domain/image-files.ts'

test.each([
  '.github/workflows/test.yml',
  '.github/workflows/Test.YAML',
  '.github/actions/build/action.yml',
  'action.yml',
  'docker-compose.yml',
  'compose.yaml',
  'dev/compose.override.yaml',
  'docker-compose-ci.yml',
  'values.yaml',
  'envs/values-prod.yaml',
  'chart/Chart.yaml',
  'Chart.yaml',
  'infra/charts/app/templates/deployment.yaml',
  'helm/app/extra.yml',
  'k8s/pod.yaml',
  'ops/Kubernetes/base/pod.yaml',
  'deploy/a/b/c.yml',
  'manifests/x.yaml',
  'kustomize/base/x.yaml',
  'kustomization.yaml',
  'helmfile.yaml',
])('%s may name images', (path) => {
  expect(mayNameImages(path)).toBe(true)
})

test.each([
  'README.md',
  'mkdocs.yml',
  'pnpm-lock.yaml',
  'src/deploy.yaml',
  'k8s/README.md',
  'k8s/run.sh',
  'k8s.yaml/x.txt',
  'charts-old/x.yaml',
  'values.yaml.bak',
  'deploy/yaml',
  '',
])('%s does not', (path) => {
  expect(mayNameImages(path)).toBe(false)
})
