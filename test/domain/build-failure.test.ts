import { expect, test } from 'vitest'
import { findFailure, lastWords, remedyFor } from '../../src/domain/build-failure.ts'

test.each<[string[], string | null]>([
  [[], null],
  [['#5 DONE 0.1s'], null],
  [
    ['#7 ERROR: executor failed running [/bin/sh -c false]: exit code: 1', '------', ' > [2/2] RUN false:', '------'],
    'executor failed running [/bin/sh -c false]: exit code: 1',
  ],
  [['#7 ERROR: first', 'error: failed to solve: second'], 'failed to solve: second'],
  [['Error: building at STEP "RUN false": exit status 1'], 'building at STEP "RUN false": exit status 1'],
  [
    [
      '#2 DONE 0.0s',
      'failed to solve with frontend dockerfile.v0: failed to create LLB definition: dockerfile parse error line 2: unknown instruction: FOO',
    ],
    'failed to solve with frontend dockerfile.v0: failed to create LLB definition: dockerfile parse error line 2: unknown instruction: FOO',
  ],
  [['unable to prepare context: path "/nope" not found', ''], 'unable to prepare context: path "/nope" not found'],
  [
    ['The push refers to repository [127.0.0.1:1/a]', 'dial tcp 127.0.0.1:1: connect: connection refused', ''],
    'dial tcp 127.0.0.1:1: connect: connection refused',
  ],
  [
    ['#7 ERROR: process "/bin/false" did not complete', '#7 0.1 dial tcp 127.0.0.1:1: connect: connection refused'],
    'process "/bin/false" did not complete',
  ],
  [
    [
      '#4 importing cache manifest from a.b/c:buildcache-x',
      '#4 ERROR: a.b/c:buildcache-x: not found',
      'failed to compute cache key: "/gone" not found: not found',
      '#4 ERROR: a.b/c:buildcache-x: not found',
    ],
    'failed to compute cache key: "/gone" not found: not found',
  ],
  [['#4 importing cache manifest from a.b/c:d', '#4 ERROR: a.b/c:d: not found'], null],
])('of %j it tells %j', (log, failure) => {
  expect(findFailure(log)).toBe(failure)
})

test.each<[string[], string | null]>([
  [[], null],
  [['', '------'], null],
  [['#5 0.1 first', '#5 0.2 something unheard of', '------', ''], '0.2 something unheard of'],
])('the last words of %j are %j', (log, words) => {
  expect(lastWords(log)).toBe(words)
})

test.each<[string, string | null]>([
  ['write /var/lib/docker/x: no space left on device', 'The disk is full'],
  ['Cannot connect to the Docker daemon at unix:///run/x.sock. Is the docker daemon running?', 'engine is not running'],
  ['Got permission denied while trying to connect to the Docker daemon socket at unix:///x', 'group docker'],
  ['dial unix /var/run/docker.sock: connect: permission denied', 'group docker'],
  ['ERROR: Multi-platform build is not supported for the docker driver.', 'docker buildx create --use'],
  ['ERROR: Cache export is not supported for the docker driver.', 'docker buildx create --use'],
  ['exec /bin/sh: exec format error', 'emulation'],
  ['denied: requested access to the resource is denied', 'docker login'],
  ['failed to authorize: 401 Unauthorized', 'docker login'],
  ['toomanyrequests: You have reached your pull rate limit', 'Try again later'],
  ['make: *** [all] Error 2', null],
])('%j', (line, remedy) => {
  expect(remedyFor(['#1 something', line, '------'])).toEqual(remedy === null ? null : expect.stringContaining(remedy))
})

test('the last known cause is the one that ended the build', () => {
  expect(remedyFor(['401 Unauthorized', 'no space left on device'])).toContain('The disk is full')
})
