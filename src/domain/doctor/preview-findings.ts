/** Whether the repositories that previews dispatch to let themselves be dispatched to. */
import type { DoctorFacts, Finding } from '../doctor.ts'
import { repositoryKey } from '../pull-request.ts'

export function previewFindings({
  config,
  previewInstallations,
}: Pick<DoctorFacts, 'config' | 'previewInstallations'>): Finding[] {
  if (config.kind !== 'good') return []
  return config.config.previews.map(({ name, repository }) => {
    const where = `${repository.owner}/${repository.name}`
    const problem = (finding: string, remedy: string): Finding => ({
      ...{ level: 'problem', subject: `preview ${name}` },
      finding,
      remedy,
    })
    const installation = previewInstallations.get(repositoryKey(repository))
    if (installation === undefined)
      return problem(
        `is dispatched in ${where}, which is not of this repository's owner`,
        `Who runs Signalbox can allow it: add ${where} to SIGNALBOX_PREVIEW_REPOSITORIES.`,
      )
    if (installation === null)
      return problem(
        `is dispatched in ${where}, where the app is not installed`,
        `Install it on ${where}: the settings of the GitHub App → Install App.`,
      )
    if (installation.suspended)
      return problem(
        `is dispatched in ${where}, where the installation is suspended`,
        `Unsuspend it at ${installation.url}.`,
      )
    if (installation.permissions.actions !== 'write')
      return problem(
        `is dispatched in ${where}, where the app lacks the permission «Actions: write»`,
        `Accept it at ${installation.url}.`,
      )
    return { level: 'ok', subject: `preview ${name}`, finding: `may be dispatched in ${where}`, remedy: null }
  })
}
