/** The comments that are kept on a pull request and the block in its description, in Markdown, within what GitHub takes. */
import type { CommentView, SummaryView } from '../domain/decide-comments.ts'
import type { GateLine } from '../domain/pull-request-summary.ts'
import type { CommandLine } from '../domain/summary-images.ts'
import { count } from '../domain/wording.ts'
import { renderTemplate } from './templates.ts'

/** GitHub's bound on a comment is 65,536 characters. */
const MAX_COMMENT = 65_000

/** The hidden first line, by which a comment of ours is known again. */
export function markerOf(kind: CommentView['kind']): string {
  return `<!-- signalbox:${kind} -->`
}

export function renderComment(view: CommentView): string {
  const marker = `${markerOf(view.kind)}\n`
  const most = MAX_COMMENT - marker.length
  return `${marker}${fit(view, `comments/${view.kind}.md`, most).slice(0, most).toWellFormed()}`
}

/** What stands between the markers in the description; null: it does not fit into so few characters. */
export function renderBlock(view: SummaryView, most: number): string | null {
  const text = fit(view, 'comments/description.md', most)
  return text.length <= most ? text : null
}

/** What can be left out, what is least important first, and what one of it is called. */
const SECTIONS = [
  ['notRun', 'reason of what was not run', 'reasons of what was not run'],
  ['images', 'image', 'images'],
  ['commands', 'command', 'commands'],
  ['previews', 'preview', 'previews'],
  ['gates', 'gate', 'gates'],
] as const

type Sections = Partial<Record<(typeof SECTIONS)[number][0], readonly unknown[]>>

/** Each section is halved until everything fits, or nothing is left of it. */
function fit(view: CommentView, template: string, most: number): string {
  const all: Sections = view.kind === 'welcome' ? {} : view
  let kept: Sections = view.kind === 'summary' ? { ...view, gates: gravestFirst(view.gates) } : all
  const render = () => renderTemplate(template, { ...view, ...shown(kept), hidden: describeHidden(all, kept) })
  let text = renderTemplate(template, { ...view, ...shown(all), hidden: '' })
  for (const [section] of SECTIONS) {
    for (let rest = kept[section]; text.length > most && rest !== undefined && rest.length > 0; rest = kept[section]) {
      kept = { ...kept, [section]: rest.slice(0, Math.floor(rest.length / 2)) }
      text = render()
    }
  }
  return text
}

function gravestFirst(gates: readonly GateLine[]): GateLine[] {
  const isGrave = ({ state }: GateLine) => state !== 'passed' && state !== 'in_progress'
  return [...gates.filter(isGrave), ...gates.filter((gate) => !isGrave(gate))]
}

function describeHidden(all: Sections, kept: Sections): string {
  return SECTIONS.flatMap(([section, one, many]) => {
    const hidden = (all[section]?.length ?? 0) - (kept[section]?.length ?? 0)
    return hidden > 0 ? [count(hidden, one, many)] : []
  }).join(', ')
}

/** The commands that start images stand together. */
function shown(sections: Sections): object {
  if (sections.commands === undefined) return sections
  const commands = sections.commands as readonly CommandLine[]
  const starts = commands.filter(({ title }) => title === null).map(({ command }) => command)
  const titled = commands.filter(({ title }) => title !== null)
  const together = starts.length > 0 ? [{ title: null, command: starts.join('\n') }] : []
  return { ...sections, commands: [...together, ...titled] }
}
