/**
 * The names of gates' check runs, which branch protection requires. A commit's check runs are told apart by their
 * names, so a gate's must not be mistaken for another gate's, nor for a leg's, nor for that of a label: each could make
 * the required check green for the wrong reason.
 */

import type { LabelAction, Pipeline } from '../config.ts'
import { CONFIG_PIPELINE } from '../decide-start.ts'
import { legName } from '../matrix.ts'
import type { ConfigDocument } from './config-document.ts'
import { formatKeyPath } from './key-path.ts'
import { quote } from './problem-wording.ts'

/** What the check runs of labels begin with. */
const LABEL_PIPELINE = 'label'

export function reportCheckNames(
  document: ConfigDocument,
  pipelines: readonly Pipeline[],
  labelActions: readonly LabelAction[],
): void {
  const labels = new Set(labelActions.map(({ label }) => legName(LABEL_PIPELINE, label, {})))
  if (labels.size > 0 && pipelines.some(({ name }) => name === LABEL_PIPELINE)) {
    const message = `a pipeline cannot be called "${LABEL_PIPELINE}" beside "label_actions", whose check runs are called "${LABEL_PIPELINE} / …"; choose another name`
    document.report(['pipelines', LABEL_PIPELINE], message, true)
  }
  const jobs = new Set(pipelines.flatMap(({ name, jobs }) => jobs.map((job) => legName(name, job.name, {}))))
  const owners = new Map<string, string>()
  for (const pipeline of pipelines) {
    for (const gate of pipeline.gates) {
      // A name of wrong shape is a problem already.
      if (gate.name === '') continue
      const path = ['pipelines', pipeline.name, 'gates', gate.id]
      const report = (problem: string) =>
        document.report([...path, 'name'], `the check name ${quote(gate.name)} ${problem}`)
      const owner = owners.get(gate.name)
      if (owner === undefined) owners.set(gate.name, formatKeyPath(path))
      else report(`belongs to ${owner} already; a required check must be one gate, so choose another name`)
      const job = [gate.name, gate.name.replace(/ \(.*\)$/, '')].find((candidate) => jobs.has(candidate))
      if (labels.has(gate.name)) report('is how the check run of a label is called; choose another name')
      if (gate.name === CONFIG_PIPELINE) report('is how the check of this file is called; choose another name')
      if (job !== undefined) report(`is how legs of the job ${quote(job)} are called; choose another name`)
    }
  }
}
