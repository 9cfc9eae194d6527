/** Whether the configuration is there, and can be used. */
import { CONFIG_PATH } from '../config.ts'
import type { DoctorFacts, Finding } from '../doctor.ts'
import { count } from '../wording.ts'

export function configFindings({ config }: Pick<DoctorFacts, 'config'>): Finding[] {
  const subject = CONFIG_PATH
  switch (config.kind) {
    case 'none':
      return [
        {
          ...{ level: 'problem', subject },
          finding: 'is not on the default branch: the repository is left alone',
          remedy: 'Write one with `signalbox init` in a checkout, and merge it.',
        },
      ]
    case 'broken':
      return [
        {
          ...{ level: 'problem', subject },
          finding: `cannot be used, so every gate fails:\n${config.problem}`,
          remedy: 'Mend these places; `signalbox validate` in a checkout shows whether it is good.',
        },
      ]
    case 'unreadable':
      return [
        {
          ...{ level: 'problem', subject },
          finding: `cannot be read: ${config.reason}`,
          remedy: 'Mend what is wrong with the installation, then ask again.',
        },
      ]
    case 'good': {
      const { pipelines } = config.config
      const gates = pipelines.flatMap((pipeline) => pipeline.gates).length
      const finding = `is good: ${count(pipelines.length, 'pipeline')}, ${count(gates, 'gate')}`
      return [{ level: 'ok', subject, finding, remedy: null }]
    }
  }
}
