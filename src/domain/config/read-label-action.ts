/**
 * Reads the workflows that labels start. Their inputs can name everything of the pull request and its commit, but there
 * is no matrix and no image. What is wrong is reported, and whatever else is right is read nevertheless.
 */

import type { z } from 'zod'
import type { LabelAction } from '../config.ts'
import type { ConfigDocument } from './config-document.ts'
import { labelActionSchema } from './label-schema.ts'
import { reportInputPaths } from './read-texts.ts'
import { parseDuration } from './value-schemas.ts'
import { inputTexts, workflowName } from './workflow-schema.ts'

export function readLabelActions(document: ConfigDocument): LabelAction[] {
  return document.keysOf(['label_actions']).map((label) => readLabelAction(document, label))
}

function readLabelAction(document: ConfigDocument, label: string): LabelAction {
  const { shape } = labelActionSchema
  const at = (key: keyof z.output<typeof labelActionSchema>) => ['label_actions', label, key]
  document.reportChangedNumbers(at('inputs'))
  const inputs = inputTexts(document.valid(shape.inputs, at('inputs')))
  reportInputPaths(document, at('inputs'), inputs, 'a label action')
  return {
    label,
    workflow: workflowName(document.valid(shape.workflow, at('workflow')) ?? ''),
    ref: document.valid(shape.ref, at('ref')) ?? null,
    inputs,
    pushes: document.valid(shape.pushes, at('pushes')) ?? true,
    timeoutMs: parseDuration(document.valid(shape.timeout, at('timeout')) ?? '') ?? 0,
  }
}
