/** A section of sweeps by itself, as a simulation has it: the same shape and meaning as in the file. */
import type { StaleConfig } from '../stale.ts'
import { toStaleConfig } from './read-stale.ts'
import { staleSchema } from './stale-schema.ts'

export type ParsedSection<Section> =
  | { readonly ok: true; readonly config: Section }
  | { readonly ok: false; readonly problems: readonly string[] }

export function parseStaleConfig(value: unknown): ParsedSection<StaleConfig> {
  const result = staleSchema.safeParse(value)
  if (!result.success)
    return {
      ok: false,
      problems: result.error.issues.map((issue) => `${issue.path.join('.') || 'policy'}: ${issue.message}`),
    }
  const problems: string[] = []
  const config = toStaleConfig(result.data, (_path, message) => problems.push(message))
  return problems.length > 0 ? { ok: false, problems } : { ok: true, config }
}
