import { expect, test } from 'vitest'
import type { BuildSubject } from '../../src/domain/build-subject.ts'
import { ociLabels } from '../../src/domain/oci-labels.ts'

const NOW = new Date('2020-01-10T00:30:00Z')
const SUBJECT: BuildSubject = {
  event: 'push',
  ref: 'refs/heads/main',
  refName: 'main',
  sha: '860c1904a1ce19322e91ac35af1ab07466440c37',
  commitDate: null,
  baseRef: '',
  pullRequest: null,
  defaultBranch: 'main',
  repository: { owner: 'acme', name: 'app', description: 'An app', url: 'https://github.com/acme/app', license: 'MIT' },
  matrix: {},
  trusted: true,
}

test('say where an image is from, in the order of their names', () => {
  expect(Object.entries(ociLabels(SUBJECT, '1.2.3', NOW))).toEqual([
    ['org.opencontainers.image.created', '2020-01-10T00:30:00.000Z'],
    ['org.opencontainers.image.description', 'An app'],
    ['org.opencontainers.image.licenses', 'MIT'],
    ['org.opencontainers.image.revision', '860c1904a1ce19322e91ac35af1ab07466440c37'],
    ['org.opencontainers.image.source', 'https://github.com/acme/app'],
    ['org.opencontainers.image.title', 'app'],
    ['org.opencontainers.image.url', 'https://github.com/acme/app'],
    ['org.opencontainers.image.version', '1.2.3'],
  ])
})

test('say nothing of what is not known', () => {
  const repository = { owner: '', name: '', description: '', url: '', license: '' }
  expect(ociLabels({ ...SUBJECT, sha: '', repository }, '', NOW)).toEqual({
    'org.opencontainers.image.created': '2020-01-10T00:30:00.000Z',
  })
})
