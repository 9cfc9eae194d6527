/**
 * The shape of one image: where it goes, what it is built from, and how its tags are decided. Only the repository is
 * needed; everything else has the default that most images want. What jobs and other images have to say about it is
 * judged in `read-image.ts`.
 */

import { z } from 'zod'
import { MAX_IMAGE_TEXT, MAX_IMAGE_TEXTS } from '../config.ts'
import { parseReference } from '../image-reference.ts'
import { checkTagRules } from '../image-tags.ts'
import { findPaths, replacePaths } from '../interpolate.ts'
import { globs, judged, needs } from './value-schemas.ts'

/** Longest name that GitHub gives anything that a repository's name can hold. */
const LONGEST_NAME = 'x'.repeat(100)

const repository = judged(z.string('must be the name of a repository, such as ghcr.io/acme/app'), (text) => {
  const [first = ''] = text.split('/', 1)
  if (first.includes('${{') && !/^\$\{\{\s*repo\.owner\s*\}\}$/.test(first)) {
    return 'begins with "${{"; a registry is the same for all'
  }
  const parsed = parseReference(replacePaths(text, LONGEST_NAME).toLowerCase())
  if (!parsed.ok) return parsed.reason
  const { tag, digest } = parsed.reference
  return tag === null && digest === null ? null : 'has a tag or a digest; name only the repository'
})

const PATH_RULE = 'must be a path within the repository, such as containers/app'
const path = judged(z.string(PATH_RULE), (text) => {
  if (!/^[^\p{Cc}\\]{1,400}$/u.test(text)) return PATH_RULE
  if (text.startsWith('/')) return 'begins with "/"; paths are relative to the repository'
  return text.split('/').includes('..') ? 'leads out of the repository' : null
})

/** Most values that are filled in to one text. */
const MAX_PATHS = 5

const oneLine = judged(z.string(), (text) => (/[\r\n\0]/.test(text) ? 'has more than one line' : null))
/** Text that may hold `${{ … }}`, bounded so that what it becomes is too. */
const filledText = judged(oneLine, (text) => {
  if (text.length > MAX_IMAGE_TEXT) return `has more than ${MAX_IMAGE_TEXT} characters`
  return findPaths(text).length > MAX_PATHS ? `has more than ${MAX_PATHS} of "\${{ … }}"` : null
})
const value = z.union([filledText, z.number(), z.boolean()], 'must be text, a number, true or false')
const bounded = (values: Readonly<Record<string, unknown>>) =>
  Object.keys(values).length > MAX_IMAGE_TEXTS ? `has more than ${MAX_IMAGE_TEXTS} entries` : null

const PLATFORM_RULE = 'must be a platform, such as linux/amd64 or linux/arm64/v8'
const platform = z.string(PLATFORM_RULE).regex(/^[a-z0-9]+\/[a-z0-9_]+(?:\/[a-z0-9]+)?$/, PLATFORM_RULE)

const ARGUMENT_RULE = 'must be the name of an argument: letters, digits and "_", not beginning with a digit'
const LABEL_RULE = 'must be the key of a label, such as org.example.team'

/** Both ways to write rules, as one. */
export function ruleLists(
  tags: readonly string[] | { rules: readonly string[]; flavor?: readonly string[] | undefined },
) {
  return 'rules' in tags ? { rules: tags.rules, flavor: tags.flavor ?? [] } : { rules: tags, flavor: [] }
}

const rules = z.array(oneLine, 'must be a list of rules, such as [type=sha]')
const tags = z
  .union(
    [
      z.literal('default'),
      rules,
      z.strictObject({
        rules: rules.describe(
          'Rules in the grammar of docker/metadata-action, such as `type=semver,pattern={{version}}`. Required.',
        ),
        flavor: z.array(oneLine).optional().describe('Its `flavor`: `latest=`, `prefix=`, `suffix=`. Default: none.'),
      }),
    ],
    'must be "default", a list of rules such as [type=sha], or a map such as { rules: [type=sha], flavor: [latest=false] }',
  )
  .check((context) => {
    const { value: policy } = context
    if (policy === 'default' || context.issues.length > 0) return
    for (const problem of checkTagRules(ruleLists(policy))) {
      const at = Array.isArray(policy) ? [problem.index] : [problem.in, problem.index]
      context.issues.push({ code: 'custom', message: problem.message, path: at, input: policy })
    }
  })

const cache = z.union(
  [
    z.boolean(),
    z.strictObject({
      repository: repository.optional().describe("Where the cache is kept. Default: the image's repository."),
      mode: z
        .enum(['min', 'max'])
        .default('max')
        .describe('What is kept, `max`: layers of all stages, `min`: of the last one. Default: max.'),
    }),
  ],
  'must be true, false, or a map such as { mode: min }',
)

const KEY_RULE = 'must be a key, such as tool.poetry.version'
const VERSION_RULE = 'must be a version, or a map such as { file: pyproject.toml, key: tool.poetry.version }'
const version = z.union(
  [
    z.string(),
    z.strictObject({
      file: path.describe('A TOML, JSON or YAML file. Required.'),
      key: z
        .string(KEY_RULE)
        .regex(/^[^.\s][^\s]{0,199}$/, KEY_RULE)
        .describe('The key of the version in it, with dots between its parts. Required.'),
    }),
  ],
  VERSION_RULE,
)

/** `images.<name>.runtime`. */
export const runtimeSchema = z.strictObject(
  {
    tag_prefix: z
      .string()
      .regex(/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,19}$/, 'must be 1 to 20 letters, digits, "_", "." and "-"')
      .default('oh')
      .describe('Begins every tag: `oh` in `oh_v0.56.0_…`. Default: oh.'),
    version: version
      .optional()
      .describe(
        'The version in the tags: a literal, or the key of a file. Default: { file: pyproject.toml, key: tool.poetry.version }.',
      ),
    lock_files: z
      .array(path)
      .min(1, 'names no file')
      .optional()
      .describe(
        'Files that decide which installed dependencies can be reused. Default: [pyproject.toml, poetry.lock].',
      ),
    source: path
      .default('openhands')
      .describe('The directory whose names and bytes decide which sources can be reused. Default: openhands.'),
    include: z
      .array(path)
      .optional()
      .describe('Files and directories that are copied beside the sources and the lock files. Default: none.'),
    ignore: globs('[__pycache__/, "*.pyc"]')
      .optional()
      .describe(
        'Patterns, as in `.gitignore`, of what is neither hashed nor copied. Default: [".*/", "__pycache__/", "*.pyc"].',
      ),
    base_images: z
      .array(
        judged(z.string(), (text) => {
          const parsed = parseReference(text)
          return parsed.ok ? null : parsed.reason
        }),
      )
      .optional()
      .describe('Images to build from; the first one when none is asked for. Default: none.'),
    browser: z.boolean().default(true).describe('Whether a browser is installed. Default: true.'),
    template: path
      .optional()
      .describe(
        "The repository's own template of the Dockerfile, which only the command line renders. Default: Signalbox's.",
      ),
  },
  'must be a map, such as { base_images: ["ubuntu:24.04"] }',
)

/** One entry of `images`, apart from what other entries say. */
export const imageSchema = z.strictObject(
  {
    repository: repository.describe(
      'Registry and path that its tags are pushed to, in lower case: `ghcr.io/acme/app`; may hold `${{ repo.owner }}`, `${{ repo.name }}` and `${{ image.name }}`. Required.',
    ),
    dockerfile: path.default('Dockerfile').describe('Path of its Dockerfile. Default: Dockerfile.'),
    context: path.default('.').describe('Path of the directory that is sent to the build. Default: ..'),
    target: z
      .string()
      .regex(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,99}$/, 'must be the name of a stage of the Dockerfile')
      .optional()
      .describe('Stage of the Dockerfile. Default: the last.'),
    platforms: z
      .array(platform)
      .min(1, 'names no platform')
      .max(20, 'names more than 20 platforms')
      .optional()
      .describe('Platforms that it is built for. Default: [linux/amd64, linux/arm64].'),
    build_args: judged(z.record(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]{0,99}$/, ARGUMENT_RULE), value), bounded)
      .optional()
      .describe('Build arguments, which may hold `${{ … }}`. Default: none.'),
    labels: judged(z.record(z.string().regex(/^[a-z0-9](?:[a-z0-9._/-]{0,198}[a-z0-9])?$/, LABEL_RULE), value), bounded)
      .optional()
      .describe('Labels beside those of the OCI, which may hold `${{ … }}`. Default: none.'),
    cache: cache
      .default(true)
      .describe('Whether layers are kept in the registry as `buildcache…`, or a map that says where. Default: true.'),
    tags: tags
      .default('default')
      .describe(
        'How its tags are decided. `default`: the commit, short and long, and the ref, and for a version `x.y.z` also `x`, `x.y` and `latest`; or rules in the grammar of docker/metadata-action. Default: default.',
      ),
    suffix: filledText
      .optional()
      .describe('Ends every one of these tags, after a `-`: `${{ matrix.base_image.tag }}`. Default: none.'),
    needs: needs('[app]')
      .optional()
      .describe('Images that are built before this one when all are built. Default: none.'),
    runtime: runtimeSchema
      .optional()
      .describe('Makes it an image that `signalbox runtime-image` builds and reuses. Default: none.'),
  },
  'must be a map, such as { repository: ghcr.io/acme/app }',
)
