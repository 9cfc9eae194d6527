/**
 * Which files of a repository may name images that something runs, or is built from: workflows and actions, compose files, Helm
 * charts and their values, Kubernetes manifests, Dockerfiles, development containers. They are told by where they are and what they
 * are called, before anything is read. One too many is only read in vain.
 */

/** `likely` has to be read. What is `possible` is read as far as it is not too much. */
export type FileChance = 'likely' | 'possible' | 'none'

/** A YAML file is likely one of these wherever it is. */
const NAMES = [
  /compose/,
  /stack/,
  /deploy/,
  /^values/,
  /^chart\./,
  /^kustomization\./,
  /^helmfile/,
  /^skaffold/,
  /^action\./,
  /^\.gitlab-ci/,
  /^(?:azure|bitbucket)-pipelines/,
  /^cloudbuild/,
]

/** Whatever YAML is in a directory of this name, or in one below it. */
const DIRECTORIES: ReadonlySet<string> = new Set([
  ...['.github', '.gitlab', '.circleci', '.tekton', '.devcontainer'],
  ...['argo', 'argocd', 'chart', 'charts', 'cluster', 'clusters', 'deploy', 'deployment', 'deployments'],
  ...['environments', 'envs', 'flux', 'gitops', 'helm', 'infra', 'infrastructure', 'k8s', 'kube', 'kubernetes'],
  ...['kustomize', 'manifests', 'openshift', 'overlays', 'stacks', 'swarm', 'tekton'],
])

/** JSON is a manifest as likely as YAML there; in the other directories it may be anything. */
const MANIFESTS: ReadonlySet<string> = new Set(['k8s', 'kube', 'kubernetes', 'kustomize', 'manifests', 'openshift'])

const TEMPLATE = /\.(?:tpl|tmpl|gotmpl|j2|erb|template|dist|example)$/
const DOCKERFILE = /^(?:docker|container)file(?:\.|$)|\.(?:docker|container)file$/
const DEVCONTAINER = /^\.?devcontainer\.json$/
/** Their lines may run an image. */
const SCRIPT =
  /^(?:makefile|justfile|jenkinsfile|tiltfile|earthfile|\.env.*)$|\.(?:mk|sh|bash|tf|tfvars|hcl|nomad|env)$/
/** Made by programs, and of something else. */
const NO_MANIFEST = /^(?:pnpm-lock\.yaml|package(?:-lock)?\.json|tsconfig.*\.json)$/

/** @param path with `/` between its parts. */
export function chanceOfImages(path: string): FileChance {
  const directories = path.toLowerCase().split('/')
  const name = (directories.pop() ?? '').replace(TEMPLATE, '')
  if (directories.includes('node_modules') || NO_MANIFEST.test(name)) return 'none'
  const isIn = (names: ReadonlySet<string>) => directories.some((directory) => names.has(directory))
  if (DOCKERFILE.test(name) || DEVCONTAINER.test(name)) return 'likely'
  if (/\.ya?ml$/.test(name))
    return isIn(DIRECTORIES) || NAMES.some((pattern) => pattern.test(name)) ? 'likely' : 'possible'
  if (name.endsWith('.json')) return isIn(MANIFESTS) ? 'likely' : isIn(DIRECTORIES) ? 'possible' : 'none'
  return SCRIPT.test(name) ? 'possible' : 'none'
}
