/** The comment that says why a label did not start its workflow: once for each labelling, which its first line names. */
import type { LabelDecision } from '../domain/decide-label-actions.ts'
import { renderTemplate } from './templates.ts'

type Refuse = Extract<LabelDecision, { kind: 'refuse_label' }>

export function refusalMarker(labelingId: string): string {
  return `<!-- signalbox:label ${labelingId} -->`
}

export function renderRefusal({ labeling, label, refusal }: Refuse): string {
  return renderTemplate('comments/label-refused.md', { labelingId: labeling.id, label, refusal }).trimEnd()
}
