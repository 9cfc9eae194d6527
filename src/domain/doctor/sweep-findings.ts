/** Whether sweeps can do what the configuration says. What every installation needs for them is the manifest's. */
import type { DoctorFacts, Finding } from '../doctor.ts'

export function sweepFindings({ config, installation }: Pick<DoctorFacts, 'config' | 'installation'>): Finding[] {
  if (config.kind !== 'good' || installation === null) return []
  const { stale, cleanup } = config.config
  const findings: Finding[] = []
  const deletesBranches = stale?.policies.some((policy) => policy.deleteBranch) === true
  if (deletesBranches && installation.permissions.contents !== 'write')
    findings.push({
      ...{ level: 'problem', subject: 'stale' },
      finding: 'has `delete_branch`, for which the app lacks the permission «Contents: write»',
      remedy: `Grant it in the settings of the GitHub App, and accept it at ${installation.url}; or take \`delete_branch\` out.`,
    })
  if (cleanup.images !== null && !cleanup.images.confirmed)
    findings.push({
      ...{ level: 'warning', subject: 'cleanup.images' },
      finding: 'is not confirmed: its sweeps are dry runs, which delete nothing',
      remedy: 'Read what they would delete with `signalbox sweeps`, and then set `confirmed: true`.',
    })
  return findings
}
