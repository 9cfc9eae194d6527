import { describe, expect, test } from 'vitest'
import { findImageUses, usesInText } from '../../src/domain/image-uses.ts'
import { digestOf } from '../support/image-facts.ts'

const APP = 'ghcr.io/acme/app'
const DIGEST = digestOf('a')

function uses(text: string, repository = APP): string[] {
  return [...findImageUses(new Map([['file.yml', text]]), repository)].sort()
}

describe('names in a text', () => {
  test.each<[string, string, string[]]>([
    ['a tag', 'image: ghcr.io/acme/app:1.2', ['1.2']],
    ['a digest', `image: ghcr.io/acme/app@${DIGEST}`, [DIGEST]],
    ['both', `image: "ghcr.io/acme/app:1.2@${DIGEST}"`, ['1.2', DIGEST]],
    ['of an action', 'uses: docker://ghcr.io/acme/app:v1', ['v1']],
    ['several', 'ghcr.io/acme/app:a ghcr.io/acme/app:b', ['a', 'b']],
    ['none: it is latest', 'image: ghcr.io/acme/app\n', ['latest']],
    ['none at the end', 'image: ghcr.io/acme/app', ['latest']],
    ['a default', 'image: ghcr.io/acme/app:${TAG:-1.4}', ['1.4']],
    ['a default of another form', 'image: ghcr.io/acme/app:${TAG-1.4}', ['1.4']],
    ['an expression for the owner', 'image: ghcr.io/${{ github.repository_owner }}/app:1', ['1']],
    ['an expression for the repository', 'image: ghcr.io/${{github.repository}}:1', ['1']],
    ['another expression', 'image: ghcr.io/acme/app:${{ inputs.tag }}', []],
    ['a longer name', 'ghcr.io/acme/app-web:1 ghcr.io/acme/app/web:1 ghcr.io/acme/application:1', []],
    ['another registry', 'my-ghcr.io/acme/app:1 xghcr.io/acme/app:1', []],
    ['another repository', 'ghcr.io/acme/shop:1', []],
    ['in capital letters', 'image: GHCR.io/Acme/APP:V1', ['V1']],
    ['after letters that grow in lower case', 'İİİ ghcr.io/acme/app:1', ['1']],
    ['after a variable', '${REGISTRY}/acme/app:1 ${{ vars.HUB }}/app:2 $(HUB)/app:3', ['1', '2', '3']],
    ['after a variable with a default', 'image: ${REGISTRY:-ghcr.io/acme}/app:1', ['1']],
    ['after a variable: another one', '${REGISTRY}/acme/app-web:1 ${REGISTRY}/x/app:2', []],
    ['a digest of whatever', `sha: ${DIGEST}\nsha256: ${DIGEST.slice(7)}`, [DIGEST]],
    ['too long a digest', `sha: ${DIGEST}0`, []],
    ['too short a digest', 'ghcr.io/acme/app@sha256:abc', []],
    ['nothing', '', []],
  ])('%s', (_, text, expected) => {
    expect(uses(text)).toEqual(expected)
  })

  test.each<[string, string, string[]]>([
    [
      'of a workflow',
      'env:\n  REGISTRY: ghcr.io\n  IMAGE_NAME: ${{ github.repository }}\nx: ${{ env.REGISTRY }}/${{ env.IMAGE_NAME }}:1\n',
      ['1'],
    ],
    ['of a Dockerfile', 'ARG VERSION=1.2\nFROM ghcr.io/acme/app:$VERSION AS x\n', ['1.2']],
    ['of a Makefile', 'OWNER ?= acme\nTAG := v2\nrun:\n\tdocker run ghcr.io/$(OWNER)/app:$(TAG)\n', ['v2']],
    ['in quotes', 'export TAG="1.2" # the last one\ndocker run ghcr.io/acme/app:${TAG}\n', ['1.2']],
    ['of several values', 'TAG: a\nTAG: b\nTAG: a\nx: ghcr.io/acme/app:${{ env.TAG }}', ['a', 'b']],
    ['of others', 'A: $B\nB: $C\nC: x\ny: ghcr.io/acme/app:$A', ['x']],
    ['of itself', 'A: $A$A\ny: ghcr.io/acme/app:$A ghcr.io/acme/app:1', ['1']],
    ['that GitHub gives', 'x: ghcr.io/${{ github.repository_owner }}/${{ github.event.repository.name }}:1', ['1']],
  ])('variables %s', (_, text, expected) => {
    expect(uses(text)).toEqual(expected)
  })

  test('variables are not multiplied without end', () => {
    const value = '$A'.repeat(100)
    const text = `A: ${value}\nB: ${'$A '.repeat(300_000)}\nx: ghcr.io/acme/app:1`
    expect(uses(text)).toContain('1')
  })

  test('a release names digests of images, and sums of files', () => {
    expect([...usesInText(`app@${DIGEST} and app.tgz sha256:${'b'.repeat(64)}`, APP)]).toEqual([DIGEST])
  })

  test('the end of a sentence is no part of a tag', () => {
    expect([...usesInText('Pull ghcr.io/acme/app:1.2.', APP)]).toContain('1.2')
  })

  test('repositories of Docker Hub have several names', () => {
    const hub = 'docker.io/acme/app'
    expect(uses('image: acme/app:1', hub)).toEqual(['1'])
    expect(uses('image: docker.io/acme/app:2', hub)).toEqual(['2'])
    expect(uses('image: index.docker.io/acme/app:3', hub)).toEqual(['3'])
    expect(uses('image: other.io/acme-acme/app:4', hub)).toEqual([])
    expect(uses('image: nginx:5\n', 'docker.io/library/nginx')).toEqual(['5'])
  })

  test('notes of a release are no YAML', () => {
    expect([...usesInText('repository: ghcr.io/acme/app\ntag: "9"', APP)]).toEqual(['latest'])
  })

  test('a name may have whatever a regular expression would take for its own', () => {
    expect(uses('image: ghcr.io/acme/a+b:1', 'ghcr.io/acme/a+b')).toEqual(['1'])
  })
})

describe('maps that have the name and the tag apart', () => {
  test.each<[string, string, string[]]>([
    ['Helm', 'image:\n  repository: ghcr.io/acme/app\n  tag: "1.2"\n', ['1.2', 'latest']],
    ['a tag that looks like a number', 'image:\n  repository: ghcr.io/acme/app\n  tag: 1.10\n', ['1.10', 'latest']],
    ['the registry apart', 'image:\n  registry: ghcr.io\n  repository: acme/app\n  tag: v1\n', ['v1']],
    ['another registry', 'image:\n  registry: quay.io\n  repository: acme/app\n  tag: v1\n', []],
    ['the registry elsewhere', 'image:\n  repository: acme/app\n  tag: v1\n', ['v1']],
    ['a digest', `image:\n  repository: acme/app\n  digest: ${DIGEST}\n`, [DIGEST]],
    ['a tag with its digest', `image: { repository: acme/app, tag: "1.2@${DIGEST}" }`, ['1.2', DIGEST]],
    ['the registry with the owner', 'image:\n  registry: ghcr.io/acme\n  repository: app\n  tag: v1\n', ['v1']],
    ['the registry with another owner', 'image:\n  registry: ghcr.io/other\n  repository: app\n  tag: v1\n', []],
    ['a registry that is not known', 'image: { registry: "{{ .registry }}", repository: acme/app, tag: v1 }', ['v1']],
    ['the end of the name', 'image:\n  repository: app\n  tag: v1\n', ['v1']],
    ['a name of something', 'name: app\nversion: v1\n', []],
    ['in capital letters', 'image: { repository: Acme/App, tag: V1 }', ['V1']],
    ['keys of one level', 'webImage: acme/app\nwebImageTag: v1\n', ['v1']],
    ['JSON', '{ "image": { "repository": "acme/app", "tag": "v1" } }', ['v1']],
    ['kustomize', 'images:\n  - name: web\n    newName: ghcr.io/acme/app\n    newTag: v3\n', ['latest', 'v3']],
    ['in a list, deep', 'a: [{ b: { repository: acme/app, tag: x } }]', ['x']],
    ['a second document', 'a: 1\n---\nimage: { repository: acme/app, tag: x }\n', ['x']],
    ['a tag of something else', 'image: { repository: acme/shop, tag: x }\nother: { repository: acme/app }\n', []],
    ['what is no tag', 'image: { repository: acme/app, tag: "{{ .Values.tag }}" }\n', []],
  ])('%s', (_, text, expected) => {
    expect(uses(text)).toEqual(expected)
  })

  test('a template, a broken and a bottomless file are read as texts', () => {
    expect(uses('{{ if x }}\nimage: ghcr.io/acme/app:1\ntag: {{ y\n')).toEqual(['1'])
    expect(uses(`tag: ghcr.io/acme/app:1\nx: ${'['.repeat(100_000)}`)).toEqual(['1'])
    expect(uses(`tag: x\n# ghcr.io/acme/app:1\n${'a'.repeat(1_000_001)}`)).toEqual(['1'])
  })

  test('a file with many anchors is not multiplied', () => {
    const lines = Array.from(
      { length: 40 },
      (_, at) => `a${at}: &a${at} [${at === 0 ? '1' : `*a${at - 1}, *a${at - 1}`}]`,
    )
    expect(uses([...lines, 'image: { repository: acme/app, tag: x }'].join('\n'))).toEqual(['x'])
  })
})

test('an environment file sets variables of all others', () => {
  const files = new Map([
    ['compose.yml', 'image: ghcr.io/acme/app:${TAG}'],
    ['dev/.env.prod', 'TAG=1.2\nOTHER=x'],
    ['env.txt', 'TAG=9'],
  ])
  expect([...findImageUses(files, APP)]).toEqual(['1.2'])
})

test.each<[string, string, string[]]>([
  ['charts/app/Chart.yaml', 'name: app\nversion: 0.1.0\nappVersion: "1.2.3"\n', ['1.2.3', 'v1.2.3']],
  ['Chart.yml', 'appVersion: v1.2.3+b # x\n', ['1.2.3-b', 'v1.2.3-b']],
  ['chart.yaml', 'appVersion:\nname: x\n', []],
  ['values.yaml', 'appVersion: 1.2.3\n', []],
])('what %s is the chart of', (path, text, expected) => {
  expect([...findImageUses(new Map([[path, text]]), APP)].sort()).toEqual(expected)
})

test('all files count', () => {
  const files = new Map([
    ['a.yml', 'image: ghcr.io/acme/app:1'],
    ['b.yml', 'image: ghcr.io/acme/app:2'],
  ])
  expect([...findImageUses(files, APP)]).toEqual(['1', '2'])
})
