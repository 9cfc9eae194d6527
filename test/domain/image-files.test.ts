import { expect, test } from 'vitest'
import { chanceOfImages } from '../../src/domain/image-files.ts'

test.each([
  '.github/workflows/test.yml',
  '.github/workflows/Test.YAML',
  '.github/actions/build/action.yml',
  'action.yml',
  'docker-compose.yml',
  'compose.yaml',
  'dev/compose.override.yaml',
  'docker-compose-ci.yml',
  'docker-stack.yml',
  'values.yaml',
  'envs/values-prod.yaml',
  'chart/Chart.yaml',
  'Chart.yaml',
  'infra/charts/app/templates/deployment.yaml',
  'infra/x.yaml',
  'helm/app/extra.yml',
  'k8s/pod.yaml',
  'k8s/app.json',
  'ops/Kubernetes/base/pod.yaml',
  'deploy/a/b/c.yml',
  'deployment.yaml',
  'src/deploy.yaml',
  'clusters/prod/app.yaml',
  'environments/prod/app.yaml',
  'manifests/x.yaml',
  'k8s/app.yaml.j2',
  'kustomize/base/x.yaml',
  'kustomization.yaml',
  'helmfile.yaml',
  '.gitlab-ci.yml',
  '.gitlab/ci/build.yml',
  'Dockerfile',
  'docker/Dockerfile.web',
  'docker/web.Dockerfile',
  'Containerfile',
  '.devcontainer/devcontainer.json',
  '.devcontainer/python/devcontainer.json',
  '.devcontainer.json',
])('%s is likely to name images', (path) => {
  expect(chanceOfImages(path)).toBe('likely')
})

test.each([
  'mkdocs.yml',
  'apps/web.yaml',
  'config/manager/manager.yaml',
  'charts-old/x.yaml',
  'infra/x.json',
  'Makefile',
  'build/common.mk',
  'k8s/run.sh',
  'main.tf',
  '.env',
  '.env.example',
])('%s may name images', (path) => {
  expect(chanceOfImages(path)).toBe('possible')
})

test.each([
  'README.md',
  'pnpm-lock.yaml',
  'infra/package.json',
  'k8s/tsconfig.json',
  'src/data.json',
  'k8s/README.md',
  'k8s.yaml/x.txt',
  'values.yaml.bak',
  'deploy/yaml',
  'node_modules/a/docker-compose.yml',
  '',
])('%s does not', (path) => {
  expect(chanceOfImages(path)).toBe('none')
})
