/** The findings as people read them: by subject, what is wrong first. Names in them are strangers' text. */
import type { DoctorFacts, Finding, FindingLevel } from '../../domain/doctor.ts'
import { count } from '../../domain/wording.ts'
import { printable } from '../printable.ts'

const SIGNS: Readonly<Record<FindingLevel, string>> = { problem: '✗', warning: '!', ok: '✓' }

export function renderReport(facts: Pick<DoctorFacts, 'repository' | 'branch'>, findings: readonly Finding[]): string {
  const groups = Map.groupBy(findings, (finding) => finding.subject)
  const parts = [...groups].map(([subject, group]) => [subject, ...group.flatMap(renderFinding)].join('\n'))
  return printable([`${facts.repository}, branch ${facts.branch}: ${summarize(findings)}`, ...parts].join('\n\n'))
}

function renderFinding({ level, finding, remedy }: Finding): string[] {
  const [first = '', ...others] = finding.split('\n')
  return [
    `  ${SIGNS[level]} ${first}`,
    ...others.map((line) => `    ${line}`),
    ...(remedy === null ? [] : [`    → ${remedy}`]),
  ]
}

function summarize(findings: readonly Finding[]): string {
  const number = (level: FindingLevel) => findings.filter((finding) => finding.level === level).length
  const [problems, warnings] = [number('problem'), number('warning')]
  if (problems + warnings === 0) return 'everything is as it should be'
  return [
    ...(problems > 0 ? [count(problems, 'problem')] : []),
    ...(warnings > 0 ? [count(warnings, 'warning')] : []),
  ].join(', ')
}
