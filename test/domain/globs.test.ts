import { describe, expect, test } from 'vitest'
import { InvariantError } from '../../src/domain/errors.ts'
import { checkGlob, checkGlobList, compileGlobs, matchesBranch, matchesPaths } from '../../src/domain/globs.ts'

/** A pattern, names that it matches, and names that it does not. */
const PATTERNS: readonly (readonly [pattern: string, yes: readonly string[], no: readonly string[]])[] = [
  ['main', ['main'], ['main2', 'amain', 'Main', 'main/', '']],
  ['*', ['main', '.github', 'a\nb', 'a"b\'c', '🚂', '${{ sha }}', ''], ['a/b', '/']],
  ['**', ['main', 'a/b/c', '.a/.b', 'a\n/b', ''], []],
  ['feature/*', ['feature/a', 'feature/.a', 'feature/'], ['feature', 'feature/a/b', 'xfeature/a']],
  ['feature/**', ['feature/a', 'feature/a/b', 'feature/'], ['feature', 'features/a']],
  [
    'release/**/hotfix',
    ['release/hotfix', 'release/a/hotfix', 'release/a/b/hotfix'],
    ['release/ahotfix', 'releasehotfix'],
  ],
  ['**/README.md', ['README.md', 'js/README.md', 'a/b/README.md'], ['XREADME.md', 'a/README.mdx', 'README.md/a']],
  ['**.js', ['index.js', 'js/index.js', 'src/js/app.js', '.js'], ['index.ts', 'index.jsx']],
  ['**/docs/**', ['docs/a', 'dir/docs/a', 'a/docs/b/c.doc'], ['docs', 'mydocs/a', 'docsx/a']],
  ['docs/**/*.md', ['docs/a.md', 'docs/b/a.md', 'docs/.b/.md'], ['docs.md', 'docs/a.txt', 'docs/x.md/y']],
  ['**-beta', ['a-beta', 'a/b-beta', '-beta'], ['a-beta/c']],
  ['a**b', ['ab', 'axb', 'a/x/b'], ['a', 'b', 'ba']],
  ['***', ['a/b'], []],
  // Texts of a pattern do not share characters of the name.
  ['a*a', ['aa', 'aba', 'aaa'], ['a', 'ab', 'ba']],
  ['ab**ba', ['abba', 'ab/ba'], ['aba', 'ab']],
  ['*ab*ab*', ['abab', 'xabxabx'], ['ab', 'aab', 'xabx']],
  ['**/a/**/a', ['a/a', 'x/a/b/a'], ['a', 'x/a', 'a/xa']],
  ['*.*.*', ['1.2.3', '..', '1.2.3.4'], ['1.2', '1/2.3.4']],
  ['v[0-9].*', ['v1.2', 'v9.'], ['v10.1', 'va.1', 'v1']],
  ['[!a-c]x', ['dx', '.x'], ['ax', 'x', '/x']],
  ['[^a]x', ['bx'], ['ax']],
  ['[.]x', ['.x'], ['ax']],
  ['[a\\]]x', ['ax', ']x'], ['bx', '\\x']],
  ['a?c', ['abc', 'a.c', 'a\nc'], ['ac', 'a/c', 'abbc']],
  ['?.md', ['a.md', '..md'], ['.md', 'ab.md']],
  ['\\*', ['*'], ['a', '\\*']],
  ['\\[a\\]', ['[a]'], ['a']],
  ['\\!x', ['!x'], ['x']],
  ['a\\?b*', ['a?b', 'a?bc'], ['axb']],
  ['app/(auth)/*', ['app/(auth)/x'], ['app/auth/x']],
  ['(a)', ['(a)'], ['a']],
  ['a|b', ['a|b'], ['a', 'b']],
  ['a.b', ['a.b'], ['axb']],
  ['^a$', ['^a$'], ['a']],
  ['a+', ['a+'], ['a', 'aa']],
  ['?a+"~#,;', ['xa+"~#,;'], ['xaa']],
  ['c++/?', ['c++/a'], ['c/a', 'ccc/a']],
  ['./a?', ['./ab'], ['ab']],
  ['é🚂?', ['é🚂x'], ['é🚂']],
]

describe.each(PATTERNS)('the pattern %j', (pattern, yes, no) => {
  const matches = compileGlobs({ include: [pattern] })
  test.each(yes)('matches %j', (name) => {
    expect(matches(name)).toBe(true)
  })
  if (no.length > 0) {
    test.each(no)('does not match %j', (name) => {
      expect(matches(name)).toBe(false)
    })
  }
})

test.each([
  [[], 'anything', true],
  [['main', 'release/**'], 'release/a/b', true],
  [['main', 'release/**'], 'other', false],
  [['release/**', '!release/old/**'], 'release/old/1', false],
  [['release/**', '!release/old/**'], 'release/new', true],
  [['release/**', '!release/old/**', 'release/old/keep'], 'release/old/keep', true],
  [['!release/old/**', 'release/**'], 'release/old/1', true],
  [['!main'], 'other', false],
])('the branches %j and %j: %s', (patterns, name, expected) => {
  expect(matchesBranch(patterns, name)).toBe(expected)
})

test.each([
  [{}, 'v1', true],
  [{ include: ['*'], exclude: ['ext-v*'] }, 'v1', true],
  [{ include: ['*'], exclude: ['ext-v*'] }, 'ext-v1', false],
  [{ exclude: ['ext-v*'] }, 'a/b', true],
  [{ include: ['v*', '!v0.*'] }, 'v0.1', false],
])('the tags %j and %j: %s', (filter, name, expected) => {
  expect(compileGlobs(filter)(name)).toBe(expected)
})

test.each([
  [[], [], [], true],
  [[], [], ['a'], true],
  [['src/**'], [], [], false],
  [['src/**'], [], ['docs/a', 'src/a'], true],
  [['src/**'], [], ['docs/a'], false],
  [['src/**'], ['**/*.md'], ['src/a.md', 'docs/b'], false],
  [[], ['**/*.md'], ['a.md', 'b/c.md'], false],
  [[], ['**/*.md'], ['a.md', 'b/c.ts'], true],
  [[], ['docs/**'], [], false],
  [['src/**', '!src/gen/**'], [], ['src/gen/a'], false],
])('paths %j without %j, and the files %j: %s', (include, exclude, files, expected) => {
  expect(matchesPaths({ include, exclude }, files)).toBe(expected)
})

test.each([
  ['main', null],
  ['a/**/b*.[a-z]?', null],
  ['\\{a\\}', null],
  ['*a*b*c*d*e*f*g*h*i*j', null],
  ['x'.repeat(256), null],
  ['', 'is empty'],
  ['x'.repeat(257), 'is 257 characters long; a pattern may have 256'],
  ['*a*b*c*d*e*f*g*h*i*j*', 'has more than 10 wildcards; split it into several patterns'],
  ['a\u{0}b', 'holds a control character, which no pattern can'],
  [
    '*.{ts,js}',
    'has a "{", but alternatives in braces do not exist here; write one pattern for each, or "\\{" for the character',
  ],
  [
    'a}',
    'has a "}", but alternatives in braces do not exist here; write one pattern for each, or "\\}" for the character',
  ],
  ['@(a|b)', 'has "@(", but extended patterns do not exist here; write "\\(" for the character'],
  ['*(a)', 'has "*(", but extended patterns do not exist here; write "\\(" for the character'],
  ['v[0-9]+', 'has a "+" after "]", but nothing repeats here; write "*" instead of "+"'],
  ['[a', 'has a "[" without the "]" that ends it; write "\\[" for the character'],
  ['[]', 'has a "[" without the "]" that ends it; write "\\[" for the character'],
  ['[z-a]', 'has "[z-a]", which is not a set of characters such as "[a-z0-9]"'],
  ['a\\', 'ends in "\\", which has nothing to escape'],
])('the check of %j', (pattern, problem) => {
  expect(checkGlob(pattern)).toBe(problem)
})

test.each([
  [[], null],
  [['a', '!b'], null],
  [['!a', '!b'], 'only takes away, so nothing is left; put "**" before the patterns with "!"'],
])('the check of the list %j', (patterns, problem) => {
  expect(checkGlobList(patterns)).toBe(problem)
})

test('a pattern that was never checked is a defect', () => {
  expect(() => compileGlobs({ include: ['[z-a]'] })).toThrow(InvariantError)
})

test.each([
  ['stars', '*a*a*a*a*a*a*a*a*a*b', 'a'.repeat(255)],
  ['double stars', '**a**a**a**a**a**a**a**a**b', 'a/'.repeat(127)],
  ['directories', '**/a/**/a/**/a/**/a/**/a/**/b', 'a/'.repeat(127)],
  ['single characters', '*?*?*?*?*?*?*?*?*?*b', 'a'.repeat(255)],
  ['sets', '*[a-b]*[a-b]*[a-b]*[a-b]*[a-b]*c', 'a'.repeat(255)],
  ['repetition that is only text', '(a|a)(a|a+)*b+', 'a'.repeat(255)],
])('10,000 files against many %s are fast', (_title, pattern, name) => {
  expect(checkGlob(pattern)).toBeNull()
  const files = Array.from({ length: 10_000 }, (_, index) => `${name}${index}`)
  const begin = performance.now()
  expect(matchesPaths({ include: [pattern], exclude: [] }, files)).toBe(false)
  expect(performance.now() - begin).toBeLessThan(8000)
})
