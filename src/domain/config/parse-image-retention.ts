/** `cleanup.images` by itself. */
import type { ImageRetentionConfig } from '../image-retention.ts'
import { imageRetentionSchema } from './cleanup-schema.ts'
import { type ParsedSection, parseSection } from './parse-section.ts'
import { toImageRetention } from './read-cleanup.ts'

export function parseImageRetention(value: unknown): ParsedSection<ImageRetentionConfig> {
  return parseSection(value, ['cleanup', 'images'], imageRetentionSchema, toImageRetention)
}
