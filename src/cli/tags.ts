/** `signalbox tags`: the tags and labels of an image for what is built, from a workflow run's environment or from flags. */
import type { Command } from 'commander'
import type { BuildSubject } from '../domain/build-subject.ts'
import { UsageError } from '../domain/errors.ts'
import { readBuildSubject } from './images/build-subject.ts'
import { addSubjectFlags, type SubjectFlags } from './images/subject-flags.ts'
import { toldImage } from './images/told-image.ts'
import { printable } from './printable.ts'
import { type NamedTags, tagsByRules, tagsOfImage } from './tags/choose-tags.ts'

interface TagsFlags extends SubjectFlags {
  readonly image?: string
  readonly images?: readonly string[]
  readonly rule?: readonly string[]
  readonly flavor?: readonly string[]
  readonly now?: string
  readonly org?: string
  readonly tagSuffix?: string
  readonly namesOnly?: boolean
  readonly json?: boolean
  readonly githubOutput?: boolean
}

export function registerTags(program: Command): void {
  const command = program
    .command('tags')
    .description('Print the tags of an image for what is built: what the environment says, or what flags say.')
    .option('-i, --image <name>', 'an image of the configuration')
    .option('-o, --org <org>', 'with --image: instead of what is between the registry and the last part')
    .option('-t, --tag-suffix <suffix>', 'with --image: ends every tag, after a dash')
    .option('--images <names>', 'instead: names of images, such as org/app,ghcr.io/org/app; may be repeated', collect)
    .option(
      '--rule <rule>',
      'with --images: a rule of docker/metadata-action, such as type=sha; may be repeated',
      collect,
    )
    .option('--flavor <flavor>', 'with --images: a flavor of docker/metadata-action; may be repeated', collect)
    .option('--names-only', "print the tags without the image's name")
    .option('--now <time>', 'the time that dates are made of, such as 2025-01-10T00:30:00Z (default: now)')
    .option('--json', 'print {"version", "tags", "labels"} as JSON')
    .option('--github-output', 'also write version, tags and labels to GITHUB_OUTPUT')
  addSubjectFlags(command).action(async (flags: TagsFlags) => {
    const { directory } = command.optsWithGlobals<{ directory: string }>()
    await tags(flags, directory)
  })
}

function collect(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value]
}

async function tags(flags: TagsFlags, directory: string): Promise<void> {
  const { env } = process
  checkFlags(flags, env)
  const now = readNow(flags.now)
  const subject = await readBuildSubject(env, flags)
  const named =
    flags.image === undefined
      ? await tagsByRules(subject, { ...lists(flags), now })
      : await tagsOfImage(directory, flags.image, subject, {
          org: flags.org || null,
          suffix: flags.tagSuffix ?? null,
          now,
          told: asksForOthers(flags) ? null : await toldImage(env, flags.image),
        })
  for (const warning of named.warnings) console.error(printable(`warning: ${warning}`))
  if (named.tags.length === 0) console.error(`warning: ${whyNone(subject)}`)
  await print(named, flags, env)
}

function whyNone({ ref, refName, sha }: BuildSubject): string {
  return ref === '' && refName === '' && sha === ''
    ? 'No tag was made: nothing is known of what is built. Give --ref and --sha.'
    : 'No tag was made: no rule is about what is built.'
}

/** Whether a flag changes what the leg was told. */
function asksForOthers({ image, namesOnly, json, githubOutput, now, ...changing }: TagsFlags): boolean {
  return Object.values(changing).some((value) => value !== undefined)
}

function checkFlags(flags: TagsFlags, env: NodeJS.ProcessEnv): void {
  const { image, images, rule, flavor, org, tagSuffix } = flags
  if (image === undefined && images === undefined && !flags.namesOnly)
    throw new UsageError('tags needs --image NAME of the configuration, or --images org/app with perhaps --rule.')
  if (image !== undefined && (images ?? rule ?? flavor) !== undefined)
    throw new UsageError(
      '--image takes names, rules and flavor from the configuration; leave out --images, --rule and --flavor.',
    )
  if (image === undefined && (org ?? tagSuffix) !== undefined)
    throw new UsageError('--org and --tag-suffix change an image of the configuration; name it with --image.')
  if (flags.githubOutput && !env.GITHUB_OUTPUT)
    throw new UsageError(
      '--github-output writes to GITHUB_OUTPUT, which is not set; leave it out outside of GitHub Actions.',
    )
}

/** Each flag may hold several lines, as the action's inputs do. */
function lists({ images = [], rule = [], flavor = [] }: TagsFlags) {
  return { images: images.flatMap(entries), rules: rule.flatMap(entries), flavor: flavor.flatMap(entries) }
}

function entries(text: string): string[] {
  const lines = text.split(/\r?\n/).map((line) => line.trim())
  return lines.filter((line) => line !== '' && !line.startsWith('#'))
}

function readNow(text: string | undefined): Date {
  const now = text === undefined ? new Date() : new Date(text)
  if (!Number.isNaN(now.getTime())) return now
  throw new UsageError(`--now is "${text}", which is no time; write one such as 2025-01-10T00:30:00Z.`)
}

async function print(
  { version, tags, names, labels }: NamedTags,
  flags: TagsFlags,
  env: NodeJS.ProcessEnv,
): Promise<void> {
  const shown = flags.namesOnly ? names : tags
  if (flags.githubOutput) {
    const { writeOutputs } = await import('./images/github-output.ts')
    const lines = Object.entries(labels).map(([key, value]) => `${key}=${value.replaceAll(/\s+/g, ' ')}`)
    await writeOutputs(env, { version, tags: shown.join('\n'), labels: lines.join('\n') })
  }
  if (flags.json) console.log(JSON.stringify({ version, tags: shown, labels }, null, 2))
  else if (shown.length > 0) console.log(printable(shown.join('\n')))
}
