/**
 * Every label asks for one thing only: one that started a workflow and asked for a preview would be removed when the
 * workflow is done, and take the preview down. GitHub compares labels without their case. The label that approves a
 * pull request from a fork is nobody else's.
 */

import { APPROVAL_LABEL, type LabelAction, type PreviewConfig } from '../config.ts'
import type { ConfigDocument } from './config-document.ts'
import { formatKeyPath, type KeyPath } from './key-path.ts'
import { quote } from './problem-wording.ts'

export function reportLabels(
  document: ConfigDocument,
  actions: readonly LabelAction[],
  previews: readonly PreviewConfig[],
): void {
  const owners = new Map<string, string>()
  const claim = (label: string, path: KeyPath, onKey: boolean) => {
    const key = label.toLowerCase()
    // A label of wrong shape is a problem already.
    if (key === '') return
    const owner = owners.get(key)
    if (key === APPROVAL_LABEL) {
      const message = `the label ${quote(label)} approves commits of pull requests from forks; choose another label`
      document.report(path, message, onKey)
    } else if (owner === undefined) owners.set(key, formatKeyPath(path))
    else {
      const message = `the label ${quote(label)} belongs to ${owner} already, whatever its case; a label asks for one thing, so choose another`
      document.report(path, message, onKey)
    }
  }
  for (const { label } of actions) claim(label, ['label_actions', label], true)
  for (const { name, label } of previews) claim(label, ['previews', name, 'label'], false)
}
