/**
 * The commands in a comment. A command stands at the start of a line, where its author typed it as a line of text: what
 * is in code, in a quotation or in an HTML comment is none. Whatever a comment holds, reading it takes time in
 * proportion to its length, and what is too much is counted, never lost without a word.
 */
import { nearestName } from './config/problem-wording.ts'

export type Command =
  /** Legs, jobs or gates; none: what failed. */
  | { readonly kind: 'retest'; readonly names: readonly string[] }
  /** As it was typed, in lower case; empty: none was. */
  | { readonly kind: 'ok-to-test'; readonly sha: string }
  /** Null: all previews. */
  | { readonly kind: 'deploy'; readonly preview: string | null }
  | { readonly kind: 'undeploy'; readonly preview: string | null }
  | { readonly kind: 'cancel' }
  /** Both empty where they are missing. */
  | { readonly kind: 'override'; readonly gate: string; readonly reason: string }
  /** `unknown`: what was typed after `/signalbox` and is no command; null: help was asked for. */
  | { readonly kind: 'help'; readonly unknown: string | null; readonly meant: CommandKind | null }

export type CommandKind = Command['kind']

export interface ParsedComment {
  /** In their order, each once. */
  readonly commands: readonly Command[]
  /** How many more there were than are carried out. */
  readonly dropped: number
}

/** Most commands of one comment that are carried out. */
export const MAX_COMMANDS = 5
/** Most names that one command takes; the parser keeps one more, so that too many can be told from enough. */
export const MAX_NAMES = 20
/** GitHub's bound on a comment, in characters. */
const MAX_BODY = 65_536
/** Of a reason or a name, in characters. */
const MAX_TEXT = 500

const KINDS: readonly CommandKind[] = ['retest', 'ok-to-test', 'deploy', 'undeploy', 'cancel', 'override', 'help']

export function parseCommands(body: string): ParsedComment {
  const found = new Map<string, Command>()
  for (const line of textLines(body.slice(0, MAX_BODY))) {
    const command = parseLine(line)
    const key = JSON.stringify(command).toLowerCase()
    if (command !== null && !found.has(key)) found.set(key, command)
  }
  const commands = [...found.values()]
  return { commands: commands.slice(0, MAX_COMMANDS), dropped: Math.max(0, commands.length - MAX_COMMANDS) }
}

/** Whether a line of the comment is `/keep`, which keeps an issue or a pull request from becoming stale. */
export function hasKeepCommand(body: string): boolean {
  for (const line of textLines(body.slice(0, MAX_BODY))) if (KEEP.test(line)) return true
  return false
}

const KEEP = /^\/(?:signalbox[ \t]+)?keep[ \t]*$/i

// ── What is text ──────────────────────────────────────────────────────────────────────────────────────────────────

interface Fence {
  /** Three or more of one character. */
  readonly mark: string
  /** Column of the list item that it stands in; 0: in none. */
  readonly column: number
}

/** What the lines before have opened. A `block` comment ends only by its end, one within a text also with its paragraph. */
type Opened =
  | { readonly kind: 'fence'; readonly fence: Fence }
  | { readonly kind: 'comment'; readonly block: boolean }
  | null

/** The lines that are shown as text, without the spaces before it. https://spec.commonmark.org/0.31.2/ */
function* textLines(body: string): Generator<string> {
  let opened: Opened = null
  for (const line of body.split(/\r\n?|\n/)) {
    const text = line.trimStart()
    const indent = line.length - text.length
    if (opened?.kind === 'fence' && leavesItem(opened.fence, text, indent)) opened = null
    if (opened?.kind === 'fence') {
      if (closes(opened.fence, text, indent)) opened = null
    } else if (opened?.kind === 'comment') {
      if (line.includes('-->') || (text === '' && !opened.block)) opened = null
    } else if (isIndentedCode(line, indent) || text.startsWith('>')) {
      opened = null
    } else {
      opened = openedBy(line)
      if (opened?.kind !== 'fence') yield text
    }
  }
}

function isIndentedCode(line: string, indent: number): boolean {
  return indent > 3 || line.slice(0, indent).includes('\t')
}

/** What a line of text opens for those after it. */
function openedBy(line: string): Opened {
  const item = /^(?: {0,3}(?:[-*+]|\d{1,9}[.)]) )* {0,3}/.exec(line)?.[0] ?? ''
  const rest = line.slice(item.length)
  const mark = /^(?:`{3,}(?=[^`]*$)|~{3,})/.exec(rest)?.[0]
  if (mark !== undefined) return { kind: 'fence', fence: { mark, column: item.trimEnd() === '' ? 0 : item.length } }
  return openedComment(rest)
}

function openedComment(text: string): Opened {
  const code = text.indexOf('`')
  let from = 0
  for (;;) {
    const start = text.indexOf('<!--', from)
    if (start < 0) return null
    // One that a code span names is none; what follows on the line is not looked at, as it is seldom anything.
    if (code >= 0 && code < start) return null
    const end = text.indexOf('-->', start + 2)
    if (end < 0) return { kind: 'comment', block: start === 0 }
    from = end + 3
  }
}

function closes(fence: Fence, text: string, indent: number): boolean {
  const mark = text.trimEnd()
  if (indent > fence.column + 3 || mark.length < fence.mark.length) return false
  return mark === (fence.mark[0] ?? '').repeat(mark.length)
}

/** A list item ends, with the code in it, at the first line that is not indented as its text is. */
function leavesItem(fence: Fence, text: string, indent: number): boolean {
  return text !== '' && indent < fence.column
}

// ── What a line asks for ──────────────────────────────────────────────────────────────────────────────────────────

/** @param line without the spaces before it. Null: it is no command. */
function parseLine(line: string): Command | null {
  const { word, rest } = splitWord(line)
  if (!word.startsWith('/')) return null
  const name = word.slice(1).toLowerCase()
  if (name !== 'signalbox') return name === 'help' ? null : parseCommand(name, rest)
  const inner = splitWord(rest)
  if (inner.word === '') return help(null, null)
  const typed = inner.word.replace(/^\//, '').toLowerCase()
  if (KEEP.test(line)) return null
  return parseCommand(typed, inner.rest) ?? help(cut(inner.word), meantBy(typed))
}

function help(unknown: string | null, meant: CommandKind | null): Command {
  return { kind: 'help', unknown, meant }
}

function meantBy(typed: string): CommandKind | null {
  const nearest = nearestName(typed, KINDS)
  return KINDS.find((kind) => kind === nearest) ?? null
}

function parseCommand(name: string, rest: string): Command | null {
  switch (name) {
    case 'retest':
      return { kind: 'retest', names: readNames(rest, MAX_NAMES + 1) }
    case 'ok-to-test':
      return { kind: 'ok-to-test', sha: firstName(rest).toLowerCase() }
    case 'deploy':
    case 'undeploy':
      return { kind: name, preview: firstName(rest) || null }
    case 'cancel':
      return { kind: 'cancel' }
    case 'override': {
      const { name: gate, end } = readName(rest, 0, new Set())
      return { kind: 'override', gate, reason: readReason(rest.slice(end)) }
    }
    case 'help':
      return help(null, null)
    default:
      return null
  }
}

function splitWord(text: string): { word: string; rest: string } {
  const trimmed = text.trim()
  const end = trimmed.search(/\s/)
  return end < 0 ? { word: trimmed, rest: '' } : { word: trimmed.slice(0, end), rest: trimmed.slice(end).trim() }
}

const QUOTES: ReadonlyMap<string, string> = new Map([
  ['"', '"'],
  ["'", "'"],
  ['`', '`'],
  ['“', '”'],
  ['„', '“'],
  ['‘', '’'],
  ['«', '»'],
])

function firstName(text: string): string {
  return readName(text, 0, new Set()).name
}

/** Each once, whatever their case. */
function readNames(text: string, most: number): string[] {
  const names = new Map<string, string>()
  const unclosed = new Set<string>()
  for (let at = 0; at < text.length && names.size < most; ) {
    const { name, end } = readName(text, at, unclosed)
    const key = name.toLowerCase()
    if (name !== '' && !names.has(key)) names.set(key, name)
    at = end
  }
  return [...names.values()]
}

/**
 * The name that begins at or after this place, and where it ends: what is in quotes, else up to the next space.
 * @param unclosed marks that are known not to come any more, so that each is looked for once.
 */
function readName(text: string, from: number, unclosed: Set<string>): { name: string; end: number } {
  const start = from + (/^\s*/.exec(text.slice(from, from + MAX_TEXT))?.[0].length ?? 0)
  const close = QUOTES.get(text[start] ?? '')
  if (close !== undefined && !unclosed.has(close)) {
    const end = text.indexOf(close, start + 1)
    if (end >= 0) return { name: cut(text.slice(start + 1, end).trim()), end: end + 1 }
    unclosed.add(close)
  }
  const space = text.slice(start).search(/\s/)
  const end = space < 0 ? text.length : start + space
  return { name: cut(text.slice(start, end)), end: Math.max(end, from + 1) }
}

function readReason(text: string): string {
  const reason = text.trim()
  const close = QUOTES.get(reason[0] ?? '')
  const quoted = close !== undefined && reason.length > 1 && reason.indexOf(close, 1) === reason.length - 1
  return cut(quoted ? reason.slice(1, -1).trim() : reason)
}

function cut(text: string): string {
  return text.length <= MAX_TEXT ? text : text.slice(0, MAX_TEXT).toWellFormed()
}

// ── In words ──────────────────────────────────────────────────────────────────────────────────────────────────────

/** The command as a reply repeats it: what was typed, cut to a length that a line can hold. */
export function commandText(command: Command): string {
  const word = command.kind === 'help' ? 'signalbox' : command.kind
  const text = [`/${word}`, ...argumentsOf(command).filter(Boolean).map(quoted)].join(' ')
  return text.length <= MAX_SHOWN ? text : `${text.slice(0, MAX_SHOWN).toWellFormed()}…`
}

const MAX_SHOWN = 100

function argumentsOf(command: Command): readonly string[] {
  switch (command.kind) {
    case 'retest':
      return command.names
    case 'ok-to-test':
      return [command.sha]
    case 'deploy':
    case 'undeploy':
      return [command.preview ?? '']
    case 'cancel':
      return []
    case 'override':
      return [command.gate]
    case 'help':
      return [command.unknown ?? 'help']
  }
}

function quoted(name: string): string {
  return /\s/.test(name) ? `"${name}"` : name
}
