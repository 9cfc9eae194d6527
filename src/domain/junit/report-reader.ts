/**
 * Follows the elements of one report and counts its tests. Only what stands in a test itself decides about it, and an
 * error of a whole suite counts as a test of its own. Of a failed test there are kept its name, its place, and why.
 */
import { locateFailure } from './locate-failure.ts'

export interface FailedTest {
  /** `tests.test_cart.TestCart › test_total`. At most 200 characters: it becomes the title of an annotation. */
  readonly name: string
  /** Relative to the repository, as far as the report lets us know; null: not known. */
  readonly file: string | null
  /** Counted from 1; null: not known. */
  readonly line: number | null
  /** At most 2,000 characters. */
  readonly message: string
}

export interface Counts {
  tests: number
  failures: number
  skipped: number
  readonly failed: FailedTest[]
}

const MAX_TEST_NAME = 200
const MAX_TEST_MESSAGE = 2000
/** Most characters of a failure's text that are looked at. */
const MAX_FAILURE_TEXT = 8000

interface Suite {
  readonly name: string
  readonly file: string | null
}

interface Test {
  /** How many elements are around it. */
  readonly depth: number
  readonly name: string
  readonly classname: string
  readonly file: string | null
  readonly line: number | null
  failed: boolean
  skipped: boolean
  /** Of its first failure. */
  message: string
  text: string
}

type Attributes = Readonly<Record<string, string>>

export class ReportReader {
  depth = 0
  readonly #counts: Counts
  readonly #room: number
  /** By depth; an element that is no suite has its parent's. */
  readonly #suites: Suite[] = []
  #test: Test | null = null
  /** Depth of the failure whose text is being read; null: none. */
  #failure: number | null = null

  constructor(counts: Counts, room: number) {
    this.#counts = counts
    this.#room = room
  }

  open(name: string, attributes: Attributes): void {
    const suite = this.#suites.at(-1) ?? { name: '', file: null }
    const depth = this.depth
    this.depth += 1
    this.#suites.push(name === 'testsuite' ? readSuite(attributes, suite) : suite)
    if (this.#test === null) {
      if (name === 'testcase') this.#test = readTest(attributes, suite, depth)
      // Of a whole suite: its set-up failed, or it could not be loaded.
      else if (isFailure(name)) {
        this.#test = readTest({}, suite, depth)
        this.#fail(this.#test, depth, attributes)
      }
    } else if (depth === this.#test.depth + 1) {
      if (name === 'skipped') this.#test.skipped = true
      if (isFailure(name)) this.#fail(this.#test, depth, attributes)
    }
  }

  #fail(test: Test, depth: number, attributes: Attributes): void {
    if (test.failed) return
    test.failed = true
    test.message = attributes.message?.slice(0, MAX_FAILURE_TEXT) ?? ''
    this.#failure = depth
  }

  read(text: string): void {
    const test = this.#test
    if (test === null || this.#failure === null || test.text.length >= MAX_FAILURE_TEXT) return
    test.text += text.slice(0, MAX_FAILURE_TEXT - test.text.length)
  }

  close(): void {
    this.depth -= 1
    this.#suites.pop()
    if (this.#failure === this.depth) this.#failure = null
    if (this.#test?.depth !== this.depth) return
    this.#count(this.#test)
    this.#test = null
  }

  #count(test: Test): void {
    this.#counts.tests += 1
    if (test.failed) {
      this.#counts.failures += 1
      if (this.#counts.failed.length < this.#room) this.#counts.failed.push(describeFailure(test))
    } else if (test.skipped) this.#counts.skipped += 1
  }
}

/** What surefire and others write of attempts that were not the last has names of its own: `flakyFailure`, `rerunError`. */
function isFailure(name: string): boolean {
  return name === 'failure' || name === 'error'
}

function readSuite(attributes: Attributes, parent: Suite): Suite {
  return { name: attributes.name || parent.name, file: fileIn(attributes) ?? parent.file }
}

function readTest(attributes: Attributes, suite: Suite, depth: number): Test {
  return {
    depth,
    name: attributes.name?.trim() ?? '',
    classname: attributes.classname?.trim() || suite.name.trim(),
    file: fileIn(attributes) ?? suite.file,
    line: /^\d{1,7}$/.test(attributes.line ?? '') ? Math.max(1, Number(attributes.line)) : null,
    failed: false,
    skipped: false,
    message: '',
    text: '',
  }
}

function fileIn(attributes: Attributes): string | null {
  return attributes.file || attributes.filepath || null
}

function describeFailure(test: Test): FailedTest {
  const message = plain(test.message)
  const text = plain(test.text)
  const place = locateFailure({ ...test, text: `${message}\n${text}` })
  return { name: cut(nameOf(test), MAX_TEST_NAME), ...place, message: describeMessage(message, text) }
}

/** Tools that put the class into the name repeat it. */
function nameOf({ name, classname }: Test): string {
  if (name === '') return classname === '' ? 'a test without a name' : classname
  return classname === '' || name.startsWith(classname) ? name : `${classname} › ${name}`
}

/** The message first, since a traceback may be longer than what is kept; once only where the text begins with it. */
function describeMessage(message: string, text: string): string {
  const repeated = text.slice(0, message.length + 200).includes(message)
  const whole = repeated ? text : `${message}\n\n${text}`.trim()
  return whole === '' ? 'The report does not say why.' : cut(whole, MAX_TEST_MESSAGE)
}

/** Without the colours of a terminal: their control character is gone, or spelt out as pytest does. */
function plain(text: string): string {
  return text
    .replace(/(?:#x1B)?\[\d{1,3}(?:;\d{1,3}){0,4}m/g, '')
    .replace(/\r\n?/g, '\n')
    .trim()
}

/** At most so many characters, and never half of one: a database would refuse it. */
export function cut(text: string, most: number): string {
  return (text.length > most ? `${text.slice(0, most - 1)}…` : text).toWellFormed()
}
