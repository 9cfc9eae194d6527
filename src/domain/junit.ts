/**
 * Test results in the XML that came from JUnit and that every tool writes a little differently. Tests are counted one by
 * one, whatever the totals in the file claim; a test failed when it holds a `failure` or an `error` of its own, so that
 * one which passed when it was tried again did not. The files come from strangers: nothing outside of them is ever read,
 * a file that is not well-formed counts for nothing and is named, and no file takes more than time in proportion to its size.
 */
import { SaxesParser } from 'saxes'
import { quote } from './config/problem-wording.ts'
import { type Counts, cut, type FailedTest, ReportReader } from './junit/report-reader.ts'

export type { FailedTest } from './junit/report-reader.ts'

export interface XmlFile {
  /** As its archive calls it: only ever shown. */
  readonly name: string
  readonly xml: string
}

export interface JunitResult {
  readonly tests: number
  /** Failed tests, and tests and suites with errors. */
  readonly failures: number
  readonly skipped: number
  /** The first of them, at most `MAX_FAILED_TESTS`. */
  readonly failed: readonly FailedTest[]
  /** Which files could not be read, and why; the numbers are of the others. Null: all were read. */
  readonly problem: string | null
}

/** Most failed tests that are kept. */
export const MAX_FAILED_TESTS = 200
/** Most elements within each other. */
const MAX_DEPTH = 50

export function parseJunit(files: readonly XmlFile[]): JunitResult {
  const total = { tests: 0, failures: 0, skipped: 0 }
  const failed: FailedTest[] = []
  const problems: string[] = []
  let reports = 0
  for (const file of files) {
    const read = readFile(file, MAX_FAILED_TESTS - failed.length)
    if (read.kind === 'problem') problems.push(read.problem)
    if (read.kind !== 'report') continue
    reports += 1
    total.tests += read.tests
    total.failures += read.failures
    total.skipped += read.skipped
    failed.push(...read.failed)
  }
  if (reports === 0 && problems.length === 0) problems.push(describeNoReport(files))
  return { ...total, failed, problem: describeProblems(problems) }
}

function describeNoReport(files: readonly XmlFile[]): string {
  const [first, ...others] = files
  if (first === undefined) return 'there is no XML file'
  const said = `${quote(first.name)} is not a JUnit report, whose root is "testsuites" or "testsuite"`
  return others.length === 0 ? said : `${said}, nor is any of the ${others.length} others`
}

function describeProblems([first, ...others]: readonly string[]): string | null {
  if (first === undefined) return null
  return others.length === 0 ? first : `${first}; and so on for ${others.length} more of the files`
}

type ReadFile =
  | ({ readonly kind: 'report' } & Counts)
  /** XML of another format, which artifacts hold beside their reports: coverage, for instance. */
  | { readonly kind: 'other' }
  | { readonly kind: 'problem'; readonly problem: string }

/** Thrown through the parser, which has no other way to be stopped. */
class Stop extends Error {
  readonly read: ReadFile
  constructor(read: ReadFile) {
    super()
    this.read = read
  }
}

function readFile(file: XmlFile, room: number): ReadFile {
  const refuse = (why: string): never => {
    throw new Stop({ kind: 'problem', problem: `${quote(file.name)} ${why}` })
  }
  const counts: Counts = { tests: 0, failures: 0, skipped: 0, failed: [] }
  const reader = new ReportReader(counts, room)
  const parser = new SaxesParser()
  parser.on('error', (error) => refuse(`is not well-formed XML: ${cut(error.message.replace(/\.$/, ''), 200)}`))
  parser.on('doctype', (doctype) => {
    if (doctype.includes('[')) refuse('declares entities or elements of its own, which no test report needs')
  })
  parser.on('opentag', (tag) => {
    if (reader.depth === 0 && tag.name !== 'testsuites' && tag.name !== 'testsuite') throw new Stop({ kind: 'other' })
    if (reader.depth === MAX_DEPTH) refuse(`has more than ${MAX_DEPTH} elements within each other`)
    reader.open(tag.name, tag.attributes)
  })
  parser.on('closetag', () => reader.close())
  parser.on('text', (text) => reader.read(text))
  parser.on('cdata', (text) => reader.read(text))
  try {
    parser.write(withoutControls(file.xml)).close()
    return { kind: 'report', ...counts }
  } catch (thrown) {
    if (thrown instanceof Stop) return thrown.read
    throw thrown
  }
}

/** XML has no place for them, and tools copy them from terminals all the same. */
function withoutControls(xml: string): string {
  return xml.replace(/[^\P{Cc}\t\n\r]/gu, '')
}
