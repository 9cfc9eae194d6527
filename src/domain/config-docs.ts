/**
 * The documentation of `.github/signalbox.yml`, made from its schema: the reference page and the JSON Schema for
 * editors. A key is described once, where it is defined, so neither can say anything that the parser does not do.
 * `scripts/generate.ts` writes both files.
 */

import { MAX_IMAGE_RULES } from './config/cleanup-schema.ts'
import { MAX_STALE_RULES } from './config/stale-schema.ts'
import { DURATION, NAME } from './config/value-schemas.ts'
import {
  MAX_COMMAND,
  MAX_COMMANDS,
  MAX_CONFIG_BYTES,
  MAX_IMAGE_TEXT,
  MAX_IMAGE_TEXTS,
  MAX_IMAGES,
  MAX_INPUTS,
  MAX_LABEL_ACTIONS,
  MAX_LEGS_PER_JOB,
  MAX_LEGS_PER_PIPELINE,
  MAX_PREVIEW_INPUTS,
  MAX_PREVIEWS,
} from './config.ts'
import { COMPLETE_EXAMPLE } from './config-example.ts'
import { configJsonSchema, type JsonSchema } from './config-schema.ts'
import { MAX_EXTENDS_DEPTH } from './extend-config.ts'
import { MAX_GLOB_LENGTH, MAX_GLOB_WILDCARDS } from './globs.ts'
import { MAX_RULES } from './image-tags.ts'
import { VALUE_PATHS } from './interpolate.ts'

/** The JSON Schema, as the text of its file. */
export function renderConfigSchema(): string {
  return `${JSON.stringify(configJsonSchema(), null, 2)}\n`
}

/** The reference page, as Markdown. */
export function renderConfigDocs(): string {
  return `${[INTRODUCTION, renderKeys(), PATTERNS, MATRICES, renderValues(), SHARING, LIMITS].join('\n\n')}\n`
}

const INTRODUCTION = `# Configuration

<!-- Generated from src/domain/config-schema.ts by \`npm run generate\`: change it there. -->

What Signalbox does for a repository is in the repository's \`.github/signalbox.yml\`. A repository without that file is
left alone.

The file is read from the default branch; for a pull request, from its base branch. A pull request that changes the file
does not run by it: a change takes effect once it is merged.

## A complete example

\`\`\`yaml
${COMPLETE_EXAMPLE}\`\`\`

## Checking a file

\`signalbox validate\` checks \`.github/signalbox.yml\`, or the file that you name, without asking GitHub anything. It shows
every problem at once with its file, line and column, and exits with 1 if there are any. \`--json\` prints them as JSON.

A key that Signalbox does not know is an error, not a comment: a misspelt key would otherwise silently not do what it
says. YAML's anchors, aliases and merge keys (\`<<\`) work.

## In your editor

Editors with a YAML language server, such as Visual Studio Code with the YAML extension, complete keys and show their
descriptions when the first line of the file names the schema. It comes with the package and lies in this repository at
\`schema/signalbox.schema.json\`; a path counts from the configuration file:

\`\`\`yaml
# yaml-language-server: $schema=../node_modules/signalbox/schema/signalbox.schema.json
version: 1
\`\`\``

const PATTERNS = `## Patterns

Branches, tags and files are matched by patterns, always as a whole: \`main\` is only the branch \`main\`.

| pattern | matches |
| --- | --- |
| \`*\` | any characters but \`/\`, or none: \`feature/*\` is \`feature/a\` and not \`feature/a/b\` |
| \`**\` | any characters, or none: \`release/**\`, \`**.js\` |
| \`**/\` | any directories, or none: \`**/README.md\` is also the one at the root |
| \`?\` | exactly one character but \`/\` (it means something else in GitHub's own filters) |
| \`[a-z0-9]\`, \`[!a-z]\` | one character of the set, one that is not in it |
| \`\\\` | the next character as it is: \`\\*\` is a star |
| \`!\` at the start | takes away what the patterns before it let in; in \`branches\`, \`paths\` and a tag's \`include\` |

Names that begin with a dot are names like any other. Alternatives in braces and extended patterns such as \`!(a)\` do not
exist; write one pattern for each. A pattern that begins with \`*\`, \`!\`, \`[\` or \`{\` needs quotes in YAML.

When both are given, a file counts if \`paths\` matches it and \`paths_ignore\` does not. If no changed file counts, the
pipeline has nothing to do, and its gates succeed at once and say so.`

const MATRICES = `## Matrices

A job's matrix becomes its legs exactly as GitHub Actions expands \`strategy.matrix\`: all combinations of the axes; without
those that match an entry of \`exclude\`; then each entry of \`include\` is added to every combination of which it changes no
axis, or becomes a combination of its own if there is none.

A value is text, a number, true, false or a map of such. A leg's check run is named after them: \`docker / app\` without a
matrix, \`docker / runtime (nikolaik)\` with one. Several values are separated by commas; a map is shown by its \`name\`, else
its \`tag\`, else all its values. No two legs may have the same name.

A number must be written as YAML prints it: put \`"3.10"\` in quotes, since \`3.10\` is the number 3.1.`

const SHARING = `## Sharing a configuration

\`_extends\` names a file that this one adds to: \`repo\` of the same owner, \`owner/repo\`, or \`owner/repo:path/to/file.yml\`. A
file without \`_extends\` takes its organisation's defaults, if the organisation's \`.github\` repository has a
\`.github/signalbox.yml\`.

Maps are merged key by key, and the nearer file wins; lists and single values are replaced whole. The merged result is
checked, and a problem is shown in the file that it came from. A file that is extended may extend another, up to
${MAX_EXTENDS_DEPTH} files in a row.`

const LIMITS = `## Limits

| what | at most |
| --- | --- |
| size of the file | ${MAX_CONFIG_BYTES / 1024} KiB |
| legs of a job | ${MAX_LEGS_PER_JOB} |
| legs of a pipeline | ${MAX_LEGS_PER_PIPELINE} |
| rules of \`stale\` | ${MAX_STALE_RULES} |
| rules of \`cleanup.images\` | ${MAX_IMAGE_RULES} |
| images | ${MAX_IMAGES}, with ${MAX_RULES} rules each |
| build arguments or labels of an image | ${MAX_IMAGE_TEXTS}, of ${MAX_IMAGE_TEXT} characters |
| labels that start workflows | ${MAX_LABEL_ACTIONS} |
| previews | ${MAX_PREVIEWS} |
| commands of a summary | ${MAX_COMMANDS}, of ${MAX_COMMAND} characters |
| inputs of a job or a label action | ${MAX_INPUTS}: GitHub takes ${MAX_INPUTS + 1}, and one is \`signalbox\` |
| inputs of a preview | ${MAX_PREVIEW_INPUTS} |
| length of a pattern | ${MAX_GLOB_LENGTH} characters, ${MAX_GLOB_WILDCARDS} of \`*\` and \`**\` |`

function renderKeys(): string {
  const introduction = `## Keys

Names in angle brackets are yours to choose. A duration is a number with its unit, or several: \`90s\`, \`60m\`, \`1h30m\`,
\`2d\`.`
  return [introduction, ...keySections(configJsonSchema(), '')].join('\n\n')
}

/** One section for each key below a map, in the order of the schema. */
function keySections(schema: JsonSchema, prefix: string): string[] {
  return mapShapes(schema).flatMap((shape) => {
    const named = Object.entries(shape.properties ?? {}).flatMap(([key, value]) => [
      keySection(`${prefix}${key}`, value),
      ...keySections(value, `${prefix}${key}.`),
      ...itemShapes(value).flatMap((item) => keySections(item, `${prefix}${key}[].`)),
    ])
    const { additionalProperties: others } = shape
    if (typeof others !== 'object') return named
    const path = `${prefix}<${PLACEHOLDERS[prefix.split('.').at(-2) ?? ''] ?? 'name'}>`
    const own = others.description === undefined ? [] : [keySection(path, others)]
    return [...own, ...named, ...keySections(others, `${path}.`)]
  })
}

/** What the keys of a map are called whose names its writer chooses. */
const PLACEHOLDERS: Readonly<Record<string, string>> = {
  label_actions: 'label',
  previews: 'preview',
  pipelines: 'pipeline',
  jobs: 'job',
  gates: 'gate',
  images: 'image',
  build_args: 'argument',
  labels: 'label',
  matrix: 'axis',
  branches: 'pattern',
}

function keySection(path: string, schema: JsonSchema): string {
  const description = schema.description ?? ''
  const rule = /(?:Required|Default: (.*))\.$/.exec(description)
  const fallback = rule?.[1]
  const meaning = description.slice(0, rule?.index).trim()
  const isOpen = schema.type === undefined && schema.anyOf === undefined && schema.const === undefined
  const type = isOpen ? 'anything' : alternatives(typeNames(schema))
  const use = fallback === undefined ? 'required' : `default: ${showDefault(fallback, schema)}`
  return `### \`${path}\`\n\n${meaning}\n\n*${capitalized(type)}; ${use}.*`
}

function showDefault(text: string, schema: JsonSchema): string {
  return schema.default === undefined ? text : `\`${text}\``
}

/** What a value may be, each way by itself. */
function typeNames(schema: JsonSchema): string[] {
  const { anyOf, additionalProperties: others } = schema
  if (schema.title !== undefined) return [schema.title]
  if (anyOf !== undefined) return [...new Set(anyOf.flatMap(typeNames))]
  if (schema.const !== undefined) return [`\`${schema.const}\``]
  if (schema.enum !== undefined) return schema.enum.map((option) => `\`${option}\``)
  if (typeof schema.type === 'object') return schema.type.flatMap((type) => typeNames({ ...schema, type }))
  switch (schema.type) {
    case 'string':
      return [schema.pattern === DURATION.source ? 'duration' : schema.pattern === NAME.source ? 'name' : 'text']
    case 'integer':
      return ['whole number']
    case 'boolean':
      return ['`true`', '`false`']
    case 'array':
      return [`list of ${plural(schema.items)}`]
    case 'object':
      return [typeof others === 'object' && isSimple(others) ? `map of names to ${plural(others)}` : 'map']
    case 'null':
      return ['empty']
    default:
      return [schema.type ?? 'value']
  }
}

function isSimple(schema: JsonSchema): boolean {
  return mapShapes(schema).length === 0 && schema.description === undefined
}

function plural(schema: JsonSchema = {}): string {
  return alternatives(
    typeNames(schema).map((name) => (/^(?:name|map|number|pattern|value)$/.test(name) ? `${name}s` : name)),
  )
}

function alternatives(names: readonly string[]): string {
  const last = names.at(-1) ?? ''
  return names.length < 2 ? last : `${names.slice(0, -1).join(', ')} or ${last}`
}

/** The maps of a list of maps. */
function itemShapes(schema: JsonSchema): JsonSchema[] {
  return schema.items === undefined ? [] : mapShapes(schema.items).filter((shape) => shape.properties !== undefined)
}

function mapShapes(schema: JsonSchema): JsonSchema[] {
  return [schema, ...(schema.anyOf ?? [])].filter((shape) => shape.type === 'object')
}

function renderValues(): string {
  const rows = Object.entries(VALUE_PATHS).map(([path, meaning]) => `| \`${path}\` | ${meaning} |`)
  return `## Values

\`inputs\`, \`ref\` and \`artifact\` of a job, \`inputs\` of a label action, \`inputs\`, \`environment\` and \`url\` of a preview,
\`repository\`, \`build_args\`, \`labels\` and \`suffix\` of an image, \`command\` of a summary and \`cleanup.images.repositories\`
may hold \`\${{ … }}\`, which is replaced by one of these values. There is no expression language, and a value that was put in is never looked at again. A
name that is not in the table is an error.

Not every value is there everywhere: there is no matrix and no image where there is no leg, and the branch of a pull
request, which strangers choose, can be told to a workflow as an input, but be part of no link, no name and no command.

| name | value |
| --- | --- |
${rows.join('\n')}
| \`matrix.<axis>\` | The leg's value of that axis. |
| \`matrix.<axis>.<field>\` | A field of it, if it is a map. Empty when this leg's value lacks the field. |`
}

function capitalized(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}
