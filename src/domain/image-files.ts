/**
 * Which files of a repository may name images that something runs: workflows and actions, compose files, Helm charts and their
 * values, Kubernetes manifests. They are told by where they are and what they are called, before anything is read. One too many is
 * only read in vain.
 */

/** A YAML file is one of these wherever it is. */
const NAMES = [/compose/, /^values/, /^chart\./, /^kustomization\./, /^helmfile/, /^skaffold/, /^action\./]

/** Whatever YAML is in a directory of this name, or in one below it. */
const DIRECTORIES: ReadonlySet<string> = new Set([
  '.github',
  'argocd',
  'chart',
  'charts',
  'deploy',
  'deployment',
  'deployments',
  'flux',
  'gitops',
  'helm',
  'k8s',
  'kube',
  'kubernetes',
  'kustomize',
  'manifests',
  'openshift',
  'overlays',
])

/** @param path with `/` between its parts. */
export function mayNameImages(path: string): boolean {
  const parts = path.toLowerCase().split('/')
  const name = parts.pop() ?? ''
  if (!/\.ya?ml$/.test(name)) return false
  return NAMES.some((pattern) => pattern.test(name)) || parts.some((part) => DIRECTORIES.has(part))
}
