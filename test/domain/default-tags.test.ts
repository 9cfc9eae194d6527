import { expect, test } from 'vitest'
import { decideDefaultTags } from '../../src/domain/default-tags.ts'

const sha = '0123456789abcdef0123456789abcdef01234567'
const commit = ['0123456', sha]

test.each<[string, string, string[]]>([
  ['main', 'main', ['main']],
  ['1.2.3', '1.2.3', ['1', '1.2', 'latest', '1.2.3']],
  ['10.20.30', '10.20.30', ['10', '10.20', 'latest', '10.20.30']],
  ['01.2.3', '01.2.3', ['01', '01.2', 'latest', '01.2.3']],
  ['v1.2.3', 'v1.2.3', ['v1.2.3']],
  ['1.2.3-rc.1', '1.2.3-rc.1', ['1.2.3-rc.1']],
  ['1.2', '1.2', ['1.2']],
  ['1.2.3.4', '1.2.3.4', ['1.2.3.4']],
  ['1.2.3\n', '1.2.3-', ['1.2.3-']],
  ['feature/Foo_Bar', 'feature-Foo-Bar', ['feature-foo-bar']],
  ['Fix#99__weird  name', 'Fix-99-weird-name', ['fix-99-weird-name']],
  ['a--b', 'a--b', ['a--b']],
  ['/a', '-a', ['-a']],
  ['Zürich/ÄÖ', 'Z-rich-', ['z-rich-']],
])('the ref %j', (refName, version, tags) => {
  expect(decideDefaultTags({ sha, refName })).toEqual({ version, tags: [...commit, ...tags] })
})

test('without a ref it is a version in development', () => {
  expect(decideDefaultTags({ sha, refName: '' })).toEqual({ version: 'dev', tags: commit })
})

test('without a commit there are no tags of it', () => {
  expect(decideDefaultTags({ sha: '', refName: 'main' })).toEqual({ version: 'main', tags: ['main'] })
  expect(decideDefaultTags({ sha: '', refName: '' })).toEqual({ version: 'dev', tags: [] })
})
