/** The questions of `signalbox init`, on a terminal. Each has an answer already, so that Enter is enough. */
import * as prompts from '@clack/prompts'
import type { Findings, ScaffoldChoices } from '../../domain/scaffold.ts'
import { printable } from '../printable.ts'

/** Null: the user left. */
export async function ask(
  findings: Findings,
  defaults: ScaffoldChoices,
): Promise<{ findings: Findings; choices: ScaffoldChoices } | null> {
  prompts.intro('signalbox init')
  const branch = await prompts.text({
    message: 'The default branch?',
    initialValue: printable(findings.defaultBranch),
    validate: (value) => (/^\S{1,255}$/.test(value ?? '') ? undefined : 'The name of a branch has no spaces.'),
  })
  if (prompts.isCancel(branch)) return null
  const parts = await askParts(findings)
  if (parts === null) return null
  const gateName = await prompts.text({
    message: 'The name of the check that merging will wait for?',
    initialValue: defaults.gateName,
    validate: (value) =>
      (value ?? '').trim() === '' || (value ?? '').length > 100 ? '1 to 100 characters.' : undefined,
  })
  if (prompts.isCancel(gateName)) return null
  const images = findings.images.filter(({ name }) => parts.includes(`image ${name}`))
  const projects = findings.projects.filter(({ id }) => parts.includes(`project ${id}`))
  const runtimeTests = parts.some((part) => part.startsWith('image ')) ? findings.runtimeTests : null
  return {
    findings: { ...findings, defaultBranch: branch, images, projects, runtimeTests },
    choices: { ...defaults, gateName: gateName.trim() },
  }
}

async function askParts({ images, projects }: Findings): Promise<readonly string[] | null> {
  const options = [
    ...images.map(({ name, dockerfile }) => ({
      value: `image ${name}`,
      label: `build the image ${name}`,
      hint: printable(dockerfile),
    })),
    ...projects.map(({ id, title, directory }) => ({
      value: `project ${id}`,
      label: `lint and test ${title}`,
      hint: directory,
    })),
  ]
  const chosen = await prompts.multiselect({
    message: 'What should run?',
    options,
    initialValues: options.map(({ value }) => value),
    required: true,
  })
  return prompts.isCancel(chosen) ? null : chosen
}
