/** `stale` by itself. */
import type { StaleConfig } from '../stale.ts'
import { type ParsedSection, parseSection } from './parse-section.ts'
import { toStaleConfig } from './read-stale.ts'
import { staleSchema } from './stale-schema.ts'

export function parseStaleConfig(value: unknown): ParsedSection<StaleConfig> {
  return parseSection(value, ['stale'], staleSchema, toStaleConfig)
}
