/**
 * The projects of a repository: a directory with a manifest, in one language, and the commands that install, test, lint
 * and repair it. A directory below the root counts when it locks its own dependencies, or when the root has no project of
 * that language; otherwise it is a part of the root's.
 */
import { type Draft, MANIFESTS } from './languages.ts'
import { directoryOf, isPlain, nameOf, type Survey, slug } from './survey.ts'

export interface Project extends Omit<Draft, 'language' | 'hasLock'> {
  /** Names its job: unique, and a valid id of a job. */
  readonly id: string
  readonly title: string
  /** `.`: the root. */
  readonly directory: string
}

export function findProjects(survey: Survey): { projects: Project[]; notes: string[] } {
  const found = new Map<string, { directory: string; draft: Draft }>()
  for (const path of [...survey.files].sort(byDepth)) {
    const read = Object.hasOwn(MANIFESTS, nameOf(path)) ? MANIFESTS[nameOf(path)] : undefined
    if (read === undefined) continue
    const directory = directoryOf(path)
    const draft = read(survey, directory)
    const key = `${directory}\0${draft.language}`
    const isOfRoot = found.has(`.\0${draft.language}`) && !draft.hasLock
    if (!found.has(key) && !isOfRoot) found.set(key, { directory, draft })
  }
  const all = [...found.values()].filter(({ draft }) => draft.test.length + draft.lint.length > 0)
  const strange = all.filter(({ directory }) => !isPlain(directory))
  return {
    projects: named(all.filter(({ directory }) => isPlain(directory))),
    notes: strange.map(
      ({ directory, draft }) =>
        `The ${draft.language} project in ${directory} is left out: the name of its directory has unusual characters.`,
    ),
  }
}

function byDepth(left: string, right: string): number {
  return left.split('/').length - right.split('/').length || (left < right ? -1 : 1)
}

function named(all: readonly { directory: string; draft: Draft }[]): Project[] {
  const taken = new Set<string>()
  return all.map(({ directory, draft: { language, hasLock: _, ...rest } }) => {
    const place = directory === '.' ? '' : slug(directory)
    const wanted = /^[a-z]/.test(place) ? place : slug(`${language}-${place}`)
    const id = [
      wanted,
      `${wanted}-${slug(language)}`,
      ...Array.from({ length: 99 }, (_value, n) => `${wanted}-${n + 2}`),
    ].find((candidate) => !taken.has(candidate))
    taken.add(id ?? wanted)
    return { id: id ?? wanted, title: directory === '.' ? language : `${language} in ${directory}`, directory, ...rest }
  })
}
