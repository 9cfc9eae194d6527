/** `cleanup.workflow_runs` by itself. */
import type { RunRetentionConfig } from '../run-retention.ts'
import { workflowRunsSchema } from './cleanup-schema.ts'
import { type ParsedSection, parseSection } from './parse-section.ts'
import { toRunRetention } from './read-cleanup.ts'

export function parseRunRetention(value: unknown): ParsedSection<RunRetentionConfig> {
  return parseSection(value, ['cleanup', 'workflow_runs'], workflowRunsSchema, toRunRetention)
}
