/** A section of sweeps by itself, as a simulation has it: the same shape, meaning and problems as in the file. */

import type { z } from 'zod'
import { shapeProblems } from './check-shape.ts'
import type { KeyPath } from './key-path.ts'

export type ParsedSection<Section> =
  | { readonly ok: true; readonly config: Section }
  /** Each problem is a whole sentence. */
  | { readonly ok: false; readonly problems: readonly string[] }

/** Something that only several values together can judge, said as a whole sentence; the path counts from the section. */
export type ReportSection = (path: KeyPath, message: string) => void

/** @param path Where the section stands in the file. */
export function parseSection<Schema extends z.ZodType, Section>(
  value: unknown,
  path: readonly string[],
  schema: Schema,
  read: (spec: z.output<Schema>, report: ReportSection) => Section,
): ParsedSection<Section> {
  const given = value ?? null
  const file = path.reduceRight<unknown>((inner, key) => ({ [key]: inner }), given)
  const result = schema.safeParse(given)
  if (!result.success) {
    const problems = shapeProblems(Object.assign({ version: 1 }, file)).map(({ message }) => message)
    return { ok: false, problems }
  }
  const problems: string[] = []
  const config = read(result.data, (_path, message) => problems.push(message))
  return problems.length > 0 ? { ok: false, problems } : { ok: true, config }
}
