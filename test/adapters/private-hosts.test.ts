/** Which hosts a configuration may have a server ask, and which are for whoever runs it to name. */
import { expect, test } from 'vitest'
import { isPrivateAddress, whyNotPublic } from '../../src/adapters/http/private-hosts.ts'
import { ANONYMOUS, type CredentialSource } from '../../src/adapters/registry/credentials.ts'
import { openImageRepository } from '../../src/adapters/registry/open-image-repository.ts'
import { RegistryError, UsageError } from '../../src/domain/errors.ts'

test.each([
  ['10.0.0.1', true],
  ['9.255.255.255', false],
  ['100.64.0.1', true],
  ['100.128.0.1', false],
  ['127.9.9.9', true],
  ['169.254.169.254', true],
  ['172.15.255.255', false],
  ['172.16.0.1', true],
  ['172.31.255.255', true],
  ['172.32.0.1', false],
  ['192.168.1.1', true],
  ['0.0.0.0', true],
  ['1.1.1.1', false],
  ['2130706433', true],
  ['0x7f.1', true],
  ['0177.0.0.1', true],
  ['[::1]', true],
  ['[::]', true],
  ['[::ffff:127.0.0.1]', true],
  ['[::ffff:1.1.1.1]', false],
  ['[fd00::1]', true],
  ['[fe80::1]', true],
  ['[64:ff9b::a00:1]', true],
  ['[2606:4700::1111]', false],
  ['localhost', true],
  ['LOCALHOST.', true],
  ['registry.localhost', true],
  ['10.0.0.1.example.com', false],
  ['ghcr.io', false],
])('that %s is a private address is %s', (host, expected) => {
  expect(isPrivateAddress(new URL(`https://${host}:5000/x`))).toBe(expected)
})

test.each([
  ['ghcr.io', null],
  ['docker.io', null],
  ['registry.example.com:5000', null],
  ['internal.example.com', null],
  ['localhost.example.com', null],
  ['1.1.1.1', 'is an IP address'],
  ['169.254.169.254:80', 'is an IP address'],
  ['[2606:4700::1111]:443', 'is an IP address'],
  ['0x7f000001:5000', 'is an IP address'],
  ['localhost', 'has no domain'],
  ['registry:5000', 'has no domain'],
  ['metadata.google.internal', 'ends in .internal, as names inside a network do'],
  ['Vault.INTERNAL:8200', 'ends in .internal, as names inside a network do'],
  ['nas.local', 'ends in .local, as names inside a network do'],
  ['nas.home.arpa', 'ends in .home.arpa, as names inside a network do'],
  ['host.localdomain', 'ends in .localdomain, as names inside a network do'],
  ['x.localhost', 'ends in .localhost, as names inside a network do'],
  ['registry.example.com:99999', 'is no host'],
])('what is wrong with %s is: %s', (host, expected) => {
  expect(whyNotPublic(host)).toBe(expected)
})

const knows = (registry: string): CredentialSource => ({
  credentialFor: async (asked) =>
    asked === registry ? { kind: 'password', username: 'u', password: 'p', source: 'the test' } : null,
})
const OPTIONS = {
  packages: { apiUrl: 'https://api.github.com', hosts: ['ghcr.io'], token: null },
  credentials: ANONYMOUS,
  onlyPublic: true,
}

test.each<[string, string, object]>([
  ['is public', 'registry.example.com/acme/app', {}],
  ["is Docker Hub's", 'acme/app', {}],
  ['was named by nobody else, but is not meant for a server', 'nas.local/acme/app', { onlyPublic: false }],
  ['may be spoken to in plain HTTP', '10.0.0.5:5000/acme/app', { plainHttp: ['10.0.0.5:5000'] }],
  ['may be so at any port', '10.0.0.5:5000/acme/app', { plainHttp: ['10.0.0.5'] }],
  ['is shared', 'registry.internal/acme/app', { shared: ['registry.internal/acme/*'] }],
  ['has a log-in', 'registry.internal:5000/acme/app', { credentials: knows('registry.internal:5000') }],
  [
    'is that of an Enterprise Server',
    'containers.ghe.internal/acme/app',
    { packages: { ...OPTIONS.packages, hosts: ['containers.ghe.internal'] } },
  ],
])('a registry that %s is opened', async (_what, name, options) => {
  expect((await openImageRepository(name, { ...OPTIONS, ...options })).requests()).toBe(0)
})

test.each<[string, object]>([
  ['10.0.0.5:5000/acme/app', {}],
  ['10.0.0.5:5000/acme/app', { plainHttp: ['10.0.0.5:5001', '10.0.0.50'] }],
  ['localhost:5000/acme/app', { plainHttp: ['127.0.0.1'] }],
  ['registry.internal/acme/app', { credentials: knows('registry.internal:5000'), shared: ['other.internal/acme/*'] }],
])('%s is not, with %j', async (name, options) => {
  const refusal = await openImageRepository(name, { ...OPTIONS, ...options }).catch((error: unknown) => error)
  expect(refusal).toBeInstanceOf(RegistryError)
  expect(refusal).not.toBeInstanceOf(UsageError)
  expect(String(refusal)).toContain(`The registry ${name.split('/')[0]} is not asked`)
  expect(String(refusal)).toContain('SIGNALBOX_SHARED_IMAGES')
})
