/** What the registry client makes of registries that refuse, fail, lie, send too much or send elsewhere. */
import { afterEach, describe, expect, test } from 'vitest'
import { readChallenge } from '../../src/adapters/registry/challenge.ts'
import { ANONYMOUS, type CredentialSource } from '../../src/adapters/registry/credentials.ts'
import { makeRegistry, type RegistryOptions } from '../../src/adapters/registry/registry.ts'
import { makeTransport } from '../../src/adapters/registry/transport.ts'
import type { ImageReference } from '../../src/domain/image-reference.ts'
import { type Handler, type HttpServer, startHttpServer } from '../support/http-server.ts'
import { digestOf } from '../support/image.ts'

const QUICK = { attempts: 4, delayMs: 1, longestWaitMs: 2000 }
const OCI = 'application/vnd.oci.image.manifest.v1+json'
const MANIFEST = JSON.stringify({ schemaVersion: 2, mediaType: OCI, config: {}, layers: [] })
const DIGEST = digestOf(MANIFEST)
const PASSWORD: CredentialSource = {
  credentialFor: async () => ({ kind: 'password', username: 'porter', password: 'correct horse', source: 'the test' }),
}
const BASIC = `Basic ${btoa('porter:correct horse')}`

const servers: HttpServer[] = []
afterEach(async () => {
  for (const server of servers.splice(0)) await server.stop()
})

async function serve(handler: Handler): Promise<HttpServer> {
  const server = await startHttpServer(handler)
  servers.push(server)
  return server
}

function client(options: Partial<RegistryOptions> = {}) {
  return makeRegistry({ credentials: ANONYMOUS, patience: QUICK, timeoutMs: 5000, ...options })
}

function image(host: string, rest: Partial<ImageReference> = {}): ImageReference {
  return { registry: host, path: 'acme/app', tag: rest.digest ? null : 'x', digest: null, ...rest }
}

const sendManifest: Handler = (_asked, response) => {
  response.writeHead(200, { 'content-type': OCI, 'docker-content-digest': DIGEST }).end(MANIFEST)
}

async function all(tags: AsyncIterable<string>): Promise<string[]> {
  const found: string[] = []
  for await (const tag of tags) found.push(tag)
  return found
}

describe('what passes by', () => {
  test.each([
    [429, { 'retry-after': '0' }],
    [503, {}],
    [500, {}],
    [502, { 'retry-after': new Date(0).toUTCString() }],
  ])('%s twice, and then the answer', async (status, headers) => {
    const server = await serve((asked, response, count) =>
      count < 3 ? response.writeHead(status, headers).end() : sendManifest(asked, response, count),
    )
    expect(await client().digestOf(image(server.host))).toBe(DIGEST)
    expect(server.asked).toHaveLength(3)
  })

  test('a connection that is cut, and then the answer', async () => {
    const server = await serve((asked, response, count) =>
      count < 2 ? response.destroy() : sendManifest(asked, response, count),
    )
    expect((await client().manifest(image(server.host)))?.digest).toBe(DIGEST)
  })

  test('Retry-After is waited for', async () => {
    const server = await serve((asked, response, count) =>
      count < 2 ? response.writeHead(429, { 'retry-after': '1' }).end() : sendManifest(asked, response, count),
    )
    const started = performance.now()
    await client().digestOf(image(server.host))
    expect(performance.now() - started).toBeGreaterThan(990)
  })
})

describe('what stays is told, with host and status, to be tried again later', () => {
  test.each([
    [429, {}, 4, 'asks for fewer requests (429, TOOMANYREQUESTS: slow down) at /v2/acme/app/manifests/x', null],
    [503, {}, 4, 'has an error of its own (503, TOOMANYREQUESTS: slow down)', null],
    [429, { 'retry-after': '3600' }, 1, 'Try again in 3600 s.', 3_600_000],
  ])('%s with %j', async (status, headers, times, message, retryAfterMs) => {
    const server = await serve((_asked, response) =>
      response.writeHead(status, headers).end('{"errors":[{"code":"TOOMANYREQUESTS","message":"slow\\n down"}]}'),
    )
    const failing = client().manifest(image(server.host))
    await expect(failing).rejects.toMatchObject({ name: 'TransientError', retryAfterMs })
    await expect(failing).rejects.toThrow(server.host)
    await expect(failing).rejects.toThrow(message)
    expect(server.asked).toHaveLength(times)
  })

  test.each<[string, Handler, string]>([
    ['never answers', () => {}, 'no answer in time'],
    ['stops half-way', (_asked, response) => response.writeHead(200).write('{"schema'), 'no answer in time'],
    [
      'is cut half-way',
      (_asked, response) => {
        response.writeHead(200, { 'content-length': '100' }).write('{"schema')
        setTimeout(() => response.destroy(), 20)
      },
      'the connection was cut',
    ],
  ])('a registry that %s', async (_name, handler, reason) => {
    const server = await serve(handler)
    const failing = client({ timeoutMs: 200, patience: { ...QUICK, attempts: 2 } }).manifest(image(server.host))
    await expect(failing).rejects.toMatchObject({ name: 'TransientError' })
    await expect(failing).rejects.toThrow(`${server.host} does not answer: ${reason}`)
    expect(server.asked).toHaveLength(2)
  })

  test('a registry that is not there', async () => {
    const server = await startHttpServer(() => {})
    await server.stop()
    const failing = client().digestOf(image(server.host))
    await expect(failing).rejects.toMatchObject({ name: 'TransientError' })
    await expect(failing).rejects.toThrow(`${server.host} does not answer: nothing listens there (ECONNREFUSED)`)
  })
})

describe('answers that cannot be used', () => {
  test.each<[string, Handler, string]>([
    ['truncated JSON', (_asked, response) => response.end(MANIFEST.slice(0, 40)), 'no manifest or index'],
    ['a web page', (_asked, response) => response.end('<html>Welcome</html>'), 'no manifest or index'],
    ['an old manifest', (_asked, response) => response.end('{"schemaVersion":1,"name":"x"}'), 'no manifest or index'],
    [
      'children without digests',
      (_asked, response) => response.end('{"schemaVersion":2,"manifests":[{"digest":"../x"}]}'),
      'no manifest or index',
    ],
    [
      'another digest than it tells',
      (_asked, response) => response.setHeader('docker-content-digest', digestOf('else')).end(MANIFEST),
      `sends bytes with the digest ${DIGEST} for ${digestOf('else')}`,
    ],
    ['5 MB', (_asked, response) => response.end(' '.repeat(5 * 1024 * 1024)), 'with more than 4194304 bytes'],
    ['a redirect to nowhere', (_asked, response) => response.writeHead(307).end(), 'redirects to no address'],
    [
      'a redirect without end',
      (asked, response) => response.writeHead(302, { location: `${asked.path}x` }).end(),
      'redirects more than 5 times',
    ],
    [
      'a redirect to plain HTTP far away',
      (_asked, response) => response.writeHead(302, { location: 'http://far.example/x' }).end(),
      'redirects to http://far.example, which is not safe to follow',
    ],
  ])('%s', async (_name, handler, message) => {
    const server = await serve(handler)
    const failing = client().manifest(image(server.host))
    await expect(failing).rejects.toMatchObject({ name: 'RegistryError' })
    await expect(failing).rejects.toThrow(server.host)
    await expect(failing).rejects.toThrow('/v2/acme/app/manifests/x')
    await expect(failing).rejects.toThrow(message)
  })

  test('bytes and words for another digest than was asked for', async () => {
    const server = await serve(sendManifest)
    const digest = digestOf('else')
    await expect(client().manifest(image(server.host, { digest }))).rejects.toThrow(
      `sends bytes with the digest ${DIGEST} for ${digest}`,
    )
    await expect(client().digestOf(image(server.host, { digest }))).rejects.toThrow(`answers with ${DIGEST}`)
  })

  test.each<[string, Handler]>([
    ['says no digest', (_asked, response) => response.end(MANIFEST)],
    [
      'says a digest of another kind',
      (_a, response) => response.setHeader('docker-content-digest', 'md5:x').end(MANIFEST),
    ],
    [
      'takes no HEAD',
      (asked, response, count) =>
        asked.method === 'HEAD' ? response.writeHead(405).end() : sendManifest(asked, response, count),
    ],
  ])('a registry that %s is asked for the bytes', async (_name, handler) => {
    const server = await serve(handler)
    expect(await client().digestOf(image(server.host))).toBe(DIGEST)
    expect(server.asked.map(({ method }) => method)).toEqual(['HEAD', 'GET'])
    expect(server.asked[0]?.headers.accept?.split(', ')).toHaveLength(4)
  })

  test.each([
    [400, '{"errors":[{"code":"NAME_INVALID","message":"invalid name"}]}', '(400, NAME_INVALID: invalid name)'],
    [418, 'teapot', '(418)'],
  ])('a refusal with %s', async (status, body, said) => {
    const server = await serve((_asked, response) => response.writeHead(status).end(body))
    const failing = client().manifest(image(server.host))
    await expect(failing).rejects.toMatchObject({ name: 'RegistryError', status })
    await expect(failing).rejects.toThrow(`${server.host} refuses reading ${server.host}/acme/app:x ${said}.`)
    expect(server.asked).toHaveLength(1)
  })

  test('deletion that is unsupported by its code', async () => {
    const server = await serve((_asked, response) =>
      response.writeHead(400).end('{"errors":[{"code":"UNSUPPORTED","message":"no"}]}'),
    )
    await expect(client().deleteManifest({ ...image(server.host), digest: DIGEST })).rejects.toThrow(
      'does not delete images by this API (400)',
    )
  })

  test('a tag that was stored as something else', async () => {
    const server = await serve((asked, response, count) =>
      asked.method === 'PUT'
        ? response.writeHead(201, { 'docker-content-digest': digestOf('else') }).end()
        : sendManifest(asked, response, count),
    )
    await expect(client().retag(image(server.host), 'y')).rejects.toThrow(`stored ${digestOf('else')}`)
    expect(server.asked[1]).toMatchObject({ path: '/v2/acme/app/manifests/y', body: MANIFEST })
    expect(server.asked[1]?.headers['content-type']).toBe(OCI)
  })
})

describe('pages of tags', () => {
  test('each page that the registry links to, once', async () => {
    const pages: Record<string, [string[] | null, string | null]> = {
      '/v2/acme/app/tags/list?n=2': [['a', 'b'], '</v2/acme/app/tags/list?n=2&last=b>; rel="next"'],
      '/v2/acme/app/tags/list?n=2&last=b': [['c'], '<list?n=2&last=c>; title="x"; rel=next'],
      '/v2/acme/app/tags/list?n=2&last=c': [null, '</v2/>; rel="prev"'],
    }
    const server = await serve((asked, response) => {
      const [tags, link] = pages[asked.path] ?? [['wrong page'], null]
      if (link !== null) response.setHeader('link', link)
      response.end(JSON.stringify({ name: 'acme/app', tags }))
    })
    expect(await all(client({ pageSize: 2 }).tags(image(server.host)))).toEqual(['a', 'b', 'c'])
    expect(server.asked.map(({ path }) => path)).toEqual(Object.keys(pages))
  })

  test('over 1,000 tags in pages of 100', async () => {
    const tags = Array.from({ length: 1050 }, (_, index) => `t${index}`)
    const server = await serve((asked, response) => {
      const query = new URL(asked.path, 'http://x').searchParams
      const start = tags.indexOf(query.get('last') ?? '') + 1
      const page = tags.slice(start, start + Number(query.get('n')))
      if (start + page.length < tags.length)
        response.setHeader('link', `</v2/acme/app/tags/list?n=100&last=${page.at(-1)}>; rel="next"`)
      response.end(JSON.stringify({ tags: page }))
    })
    expect(await all(client({ pageSize: 100 }).tags(image(server.host)))).toEqual(tags)
    expect(server.asked).toHaveLength(11)
  })

  test.each<[string, (other: string) => string, string]>([
    ['another host', (other) => `<http://${other}/v2/acme/app/tags/list?n=2>; rel="next"`, 'that is not its own'],
    ['itself', () => '</v2/acme/app/tags/list?n=1000>; rel="next"', 'lead back to themselves'],
    ['no address', () => '<http://>; rel="next"', 'that is not its own'],
  ])('a next page on %s is not followed', async (_name, link, message) => {
    const other = await serve((_asked, response) => response.end('{"tags":["stolen"]}'))
    const server = await serve((_asked, response) => response.setHeader('link', link(other.host)).end('{"tags":["a"]}'))
    await expect(all(client().tags(image(server.host)))).rejects.toThrow(message)
    expect(other.asked).toEqual([])
    expect(server.asked).toHaveLength(1)
  })

  test.each(['{"tags":"a"}', '{"tags":["a","..\\u001b[31m"]}', '{"tags":["a"', '[]'])(
    'the list %j is refused',
    async (body) => {
      const server = await serve((_asked, response) => response.end(body))
      await expect(all(client().tags(image(server.host)))).rejects.toThrow('no list of tags')
    },
  )
})

describe('secrets', () => {
  test('a password is sent when it is asked for, and not before', async () => {
    const server = await serve((asked, response, count) =>
      asked.headers.authorization === undefined
        ? response.writeHead(401, { 'www-authenticate': 'Basic realm="x"' }).end()
        : sendManifest(asked, response, count),
    )
    const registry = client({ credentials: PASSWORD })
    await registry.digestOf(image(server.host))
    await registry.digestOf(image(server.host))
    expect(server.asked.map(({ headers }) => headers.authorization)).toEqual([undefined, BASIC, BASIC])
  })

  test('a redirect to another host carries none, and back home neither', async () => {
    let home = ''
    const other = await serve((_asked, response) => response.writeHead(307, { location: home }).end())
    const server = await serve((asked, response, count) => {
      if (asked.path === '/home') return sendManifest(asked, response, count)
      if (asked.headers.authorization === undefined)
        return response.writeHead(401, { 'www-authenticate': 'Basic realm="x"' }).end()
      return response.writeHead(307, { location: `http://${other.host}/elsewhere` }).end()
    })
    home = `http://${server.host}/home`
    expect((await client({ credentials: PASSWORD }).manifest(image(server.host)))?.digest).toBe(DIGEST)
    expect(other.asked.map(({ path, headers }) => [path, headers.authorization])).toEqual([['/elsewhere', undefined]])
    expect(server.asked.map(({ headers }) => headers.authorization)).toEqual([undefined, BASIC, undefined])
  })

  test('a redirect on the same host keeps it', async () => {
    const server = await serve((asked, response, count) => {
      if (asked.path === '/moved') return sendManifest(asked, response, count)
      if (asked.headers.authorization === undefined)
        return response.writeHead(401, { 'www-authenticate': 'Basic realm="x"' }).end()
      return response.writeHead(307, { location: '/moved' }).end()
    })
    await client({ credentials: PASSWORD }).manifest(image(server.host))
    expect(server.asked.at(-1)?.headers.authorization).toBe(BASIC)
  })

  test('what writes is not redirected', async () => {
    const other = await serve((_asked, response) => response.writeHead(201).end())
    const server = await serve((asked, response, count) =>
      asked.method === 'PUT'
        ? response.writeHead(307, { location: `http://${other.host}/` }).end()
        : sendManifest(asked, response, count),
    )
    await expect(client().retag(image(server.host), 'y')).rejects.toThrow('redirects PUT, which is not followed')
    expect(other.asked).toEqual([])
  })

  test.each([
    'http://far.example/token',
    'http://u:p@127.0.0.1/token',
    'ftp://127.0.0.1/',
    'token',
    'file:///etc/passwd',
  ])('the token service %s is not asked', async (realm) => {
    const server = await serve((_asked, response) =>
      response.writeHead(401, { 'www-authenticate': `Bearer realm="${realm}",service="x"` }).end(),
    )
    await expect(client({ credentials: PASSWORD }).digestOf(image(server.host))).rejects.toThrow(
      `${server.host} names a token service that is not safe to ask`,
    )
    expect(server.asked).toHaveLength(1)
  })
})

describe('a registry and a token service that behave as those of GitHub', () => {
  /** Its challenge names a repository that is a placeholder, and tokens are for the scopes that were asked for. */
  async function startLikeGitHub(answer: (scopes: string[]) => string, status = 200) {
    const server: HttpServer = await serve((asked, response, count) => {
      const url = new URL(asked.path, `http://${server.host}`)
      if (url.pathname === '/token') return response.writeHead(status).end(answer(url.searchParams.getAll('scope')))
      if (asked.headers.authorization !== 'Bearer good')
        return response
          .writeHead(401, {
            'www-authenticate': `Bearer realm="http://${server.host}/token",service="ghcr",scope="repository:user/image:pull registry:x:*"`,
          })
          .end('{"errors":[{"code":"UNAUTHORIZED","message":"authentication required"}]}')
      return sendManifest(asked, response, count)
    })
    return server
  }

  test('the token is asked for this repository, and not for another that is named', async () => {
    const asked: string[][] = []
    const server = await startLikeGitHub((scopes) => {
      asked.push(scopes)
      return '{"access_token":"good"}'
    })
    const registry = client({ credentials: PASSWORD })
    expect(await registry.digestOf(image(server.host))).toBe(DIGEST)
    expect(asked).toEqual([['repository:acme/app:pull', 'registry:x:*']])
    const token = server.asked.find(({ path }) => path.startsWith('/token'))
    expect(token?.path).toMatch(/[?&]service=ghcr(&|$)/)
    expect(token?.headers.authorization).toBe(BASIC)
  })

  test.each([
    [200, 'not JSON', 'gives no token (200)'],
    [200, '{}', 'gives no token (200)'],
    [200, '{"token":"a\\r\\nb"}', 'gives no token (200)'],
    [404, '{}', 'gives no token (404)'],
    [403, '{"errors":[{"code":"DENIED","message":"requested access to the resource is denied"}]}', 'DENIED: requested'],
    // An answer to HEAD has no words.
    [200, '{"token":"bad"}', 'refuses reading'],
  ])('its answer %s %s is a refusal', async (status, body, message) => {
    const server = await startLikeGitHub(() => body, status)
    const failing = client({ credentials: PASSWORD }).digestOf(image(server.host))
    await expect(failing).rejects.toMatchObject({ name: 'RegistryError' })
    await expect(failing).rejects.toThrow(message)
    await expect(failing).rejects.not.toThrow(/correct horse/)
    expect(server.asked.length).toBeLessThan(5)
  })

  test('a token that is refused before its time is replaced once', async () => {
    let valid = 'first'
    const server: HttpServer = await serve((asked, response, count) => {
      if (asked.path.startsWith('/token')) return response.end(JSON.stringify({ token: valid, expires_in: 300 }))
      if (asked.headers.authorization === `Bearer ${valid}`) return sendManifest(asked, response, count)
      return response.writeHead(401, { 'www-authenticate': `Bearer realm="http://${server.host}/token"` }).end()
    })
    const registry = client()
    await registry.digestOf(image(server.host))
    valid = 'second'
    expect(await registry.digestOf(image(server.host))).toBe(DIGEST)
    expect(server.asked.filter(({ path }) => path.startsWith('/token'))).toHaveLength(2)
  })
})

test.each([
  ['Basic realm="x"', { kind: 'basic' }],
  ['Basic', { kind: 'basic' }],
  [
    'Bearer realm="https://a/token",service="s",scope="repository:a/b:pull,push registry:c:*"',
    { kind: 'bearer', realm: 'https://a/token', service: 's', scopes: ['repository:a/b:pull,push', 'registry:c:*'] },
  ],
  [
    'Basic realm="a, b", bearer REALM = "https://a/\\"t" , service=s',
    { kind: 'bearer', realm: 'https://a/"t', service: 's', scopes: [] },
  ],
  ['Bearer service="no realm", Basic realm="x"', { kind: 'basic' }],
  ['Negotiate', null],
  ['Bearer realm="unclosed', { kind: 'bearer', realm: '', service: null, scopes: [] }],
  ['', null],
  [`${'"'.repeat(100_000)}`, null],
])('the challenge %s', (header, expected) => {
  expect(readChallenge(header)).toEqual(expected)
})

test.each([
  ['docker.io', 'https://registry-1.docker.io'],
  ['ghcr.io', 'https://ghcr.io'],
  ['localhost:5000', 'http://localhost:5000'],
  ['127.0.0.9', 'http://127.0.0.9'],
  ['[::1]:5000', 'http://[::1]:5000'],
  ['plain.example:5000', 'http://plain.example:5000'],
  ['plain.example', 'https://plain.example'],
  ['127.0.0.1.example.com', 'https://127.0.0.1.example.com'],
  ['localhost.example.com', 'https://localhost.example.com'],
])('the registry %s is at %s', (registry, origin) => {
  const plainHttp = ['plain.example:5000']
  const transport = makeTransport({ plainHttp, timeoutMs: 1, patience: QUICK, now: () => 0 })
  expect(transport.originOf(registry).origin).toBe(origin)
})

test.each([
  ['https://ghcr.io/v2/', 'https://storage.example/x', true],
  ['https://ghcr.io/v2/', 'http://ghcr.io/x', false],
  ['https://ghcr.io/v2/', 'http://127.0.0.1/x', false],
  ['http://localhost:5000/v2/', 'http://127.0.0.1:5001/x', true],
  ['http://localhost:5000/v2/', 'https://auth.example/x', true],
  ['https://ghcr.io/v2/', 'https://user:secret@ghcr.io/x', false],
  ['https://ghcr.io/v2/', 'https://ghcr.io/token', true],
  ['https://registry-1.docker.io/v2/', 'https://auth.docker.io/token', true],
  ['https://registry.example/v2/', 'https://169.254.169.254/latest', false],
  ['https://registry.example/v2/', 'https://localhost/x', false],
  ['https://registry.example/v2/', 'https://[::ffff:10.0.0.1]/x', false],
  ['https://10.1.2.3/v2/', 'https://10.1.2.4/token', true],
  ['https://10.1.2.3/v2/', 'http://10.1.2.4/token', false],
  ['http://plain.example:5000/v2/', 'https://10.1.2.4/token', true],
  ['http://plain.example:5000/v2/', 'http://plain.example:5000/token', true],
  ['http://plain.example:5000/v2/', 'http://10.1.2.4/token', false],
])('from %s to %s: %s', (from, to, expected) => {
  const plainHttp = ['plain.example:5000']
  const transport = makeTransport({ plainHttp, timeoutMs: 1, patience: QUICK, now: () => 0 })
  expect(transport.mayFollow(new URL(from), new URL(to))).toBe(expected)
})
