/**
 * The shape of a job's matrix and of the lists of values that several matrices share. A value is a scalar or a map of
 * scalars, and shows in the names of check runs. Whether an axis exists, and how many legs there are, needs the whole
 * document and is judged in `read-matrix.ts`.
 */

import { z } from 'zod'
import { MAX_LEGS_PER_JOB } from '../config.ts'
import { IDENTIFIER, IDENTIFIER_RULE, identifier, judged, shownText } from './value-schemas.ts'

const scalar = z.union([shownText, z.number(), z.boolean()], 'must be text, a number, true or false')
const fields = judged(z.record(identifier, scalar), (entries) =>
  Object.keys(entries).length > 0 ? null : 'is an empty map; give it a field',
)
const matrixValue = z
  .union([shownText, z.number(), z.boolean(), fields], 'must be text, a number, true, false or a map of such')
  .meta({ title: 'value' })
/** The values of an axis, and of one entry of `matrices`. */
export const axisSchema = judged(z.array(matrixValue, 'must be a list of values'), (values) =>
  values.length > 0 ? null : 'has no values; a matrix with an empty axis runs nothing',
)
const combination = judged(z.record(identifier, matrixValue), (entry) =>
  Object.keys(entry).length > 0 ? null : 'is an empty map; name an axis and its value',
)
const combinations = judged(
  z.array(combination, 'must be a list of combinations, such as [{ os: ubuntu }]'),
  (entries) =>
    entries.length <= MAX_LEGS_PER_JOB ? null : `has ${entries.length} combinations; at most ${MAX_LEGS_PER_JOB}`,
)

const AXIS_RULE = 'must be a list of values, or "$" and the name of a matrix of "matrices"'

/** A job's `matrix`: axes under names of the writer's choice, beside `include` and `exclude`. */
export const matrixSchema = z
  .object(
    {
      include: combinations
        .optional()
        .describe(
          'Combinations that are added, or values added to the combinations that they fit, as in GitHub Actions. Default: none.',
        ),
      exclude: combinations
        .optional()
        .describe('Partial combinations; those that match one are removed, as in GitHub Actions. Default: none.'),
    },
    'must be a map of axes, such as { base_image: $base_image }',
  )
  .catchall(
    z
      .union([z.string().regex(/^\$[A-Za-z_][A-Za-z0-9_-]{0,99}$/, AXIS_RULE), axisSchema], AXIS_RULE)
      .describe('An axis: its values, or `$name` for the values of a matrix of `matrices`. Default: none.'),
  )
  .check((context) => {
    for (const axis of Object.keys(context.value)) {
      if (IDENTIFIER.test(axis)) continue
      context.issues.push({ code: 'custom', message: IDENTIFIER_RULE, path: [axis], input: axis })
    }
  })
