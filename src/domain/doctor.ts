/**
 * Whether a repository is set up as Signalbox needs it. Everything that was seen at GitHub goes in, and what is right,
 * doubtful or wrong comes out, each thing with what to change and where. A thing that could not be looked at is never
 * called right.
 */
import type { Config } from './config.ts'
import { configFindings } from './doctor/config-findings.ts'
import { gateFindings } from './doctor/gate-findings.ts'
import { installationFindings } from './doctor/installation-findings.ts'
import { previewFindings } from './doctor/preview-findings.ts'
import { sweepFindings } from './doctor/sweep-findings.ts'
import type { WorkflowFile } from './doctor/workflow-file.ts'
import { workflowFindings } from './doctor/workflow-findings.ts'

/** What is wrong comes first. */
export const FINDING_LEVELS = ['problem', 'warning', 'ok'] as const
export type FindingLevel = (typeof FINDING_LEVELS)[number]

export interface Finding {
  readonly level: FindingLevel
  /** What it is about: `installation`, `gate All Tests Passed`, `workflow build.yml`. */
  readonly subject: string
  /** The end of a sentence about the subject. */
  readonly finding: string
  /** What to change, and where; null: nothing. */
  readonly remedy: string | null
}

/** GitHub did not let us see it: a permission is missing, say. */
export interface Unreadable {
  readonly kind: 'unreadable'
  /** GitHub's words. */
  readonly reason: string
}

export type Permissions = Readonly<Record<string, string>>

/** What the GitHub App of this version is to have: `app.yml`. */
export interface Manifest {
  readonly permissions: Permissions
  readonly events: readonly string[]
}

export interface InstallationFacts {
  readonly id: number
  readonly suspended: boolean
  readonly permissions: Permissions
  readonly events: readonly string[]
  /** Its settings at GitHub. */
  readonly url: string
}

export type ConfigFacts =
  | { readonly kind: 'none' }
  /** Why it cannot be used. */
  | { readonly kind: 'broken'; readonly problem: string }
  | { readonly kind: 'good'; readonly config: Config }
  | Unreadable

export interface RequiredCheck {
  readonly name: string
  /** The app that must post it; null: any may. */
  readonly appId: number | null
  readonly source: 'branch protection' | 'ruleset'
}

export type BranchFacts =
  | { readonly kind: 'none' }
  | { readonly kind: 'known'; readonly checks: readonly RequiredCheck[]; readonly mergeQueue: boolean }
  | Unreadable

export type WorkflowFacts =
  | { readonly kind: 'none' }
  /** `state`: GitHub's word: `active`, `disabled_manually` …; `file`: null where it is not YAML of a workflow. */
  | { readonly kind: 'known'; readonly state: string; readonly file: WorkflowFile | null }
  | Unreadable

export interface DoctorFacts {
  readonly repository: string
  readonly appId: number
  readonly manifest: Manifest
  /** Null: the app is not installed there. Then, and when it is suspended, nothing else was looked at. */
  readonly installation: InstallationFacts | null
  readonly config: ConfigFacts
  /** Whether the app itself can delete packages at GitHub, and needs no workflow for it. */
  readonly hasPackagesToken: boolean
  /** Whose protection was looked at. */
  readonly branch: string
  readonly branchFacts: BranchFacts
  /** By `workflowKey` of every use in the configuration that could be looked at. */
  readonly workflows: ReadonlyMap<string, WorkflowFacts>
  /** Repositories of previews, by `repositoryKey`: the app's installation there; null: none. Absent: not allowed. */
  readonly previewInstallations: ReadonlyMap<string, InstallationFacts | null>
}

/** Grouped by subject; the subjects with the worst findings first. */
export function decideFindings(facts: DoctorFacts): Finding[] {
  const findings = [...installationFindings(facts)]
  if (facts.installation !== null && !facts.installation.suspended)
    findings.push(
      ...configFindings(facts),
      ...gateFindings(facts),
      ...workflowFindings(facts),
      ...previewFindings(facts),
      ...sweepFindings(facts),
    )
  return arrange(findings)
}

function arrange(findings: readonly Finding[]): Finding[] {
  const groups = [...Map.groupBy(findings, (finding) => finding.subject).values()].map((group) => group.sort(byLevel))
  return groups.sort(([left], [right]) => (left && right ? byLevel(left, right) : 0)).flat()
}

function byLevel(left: Finding, right: Finding): number {
  return FINDING_LEVELS.indexOf(left.level) - FINDING_LEVELS.indexOf(right.level)
}
