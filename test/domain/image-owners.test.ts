import { expect, test } from 'vitest'
import { whyNotOurs } from '../../src/domain/image-owners.ts'

const REPO = { owner: 'Acme', name: 'Shop' }

test.each<[name: string, linkedTo: string | null, expected: RegExp | null]>([
  ['ghcr.io/acme/shop', 'acme/shop', null],
  ['ghcr.io/acme/anything', 'ACME/shop', null],
  ['ghcr.io/acme/shop', null, null],
  ['registry.test:5000/acme/deep/app', null, null],
  ['ghcr.io/acme/shop', 'acme/other', /^ghcr\.io\/acme\/shop belongs to acme\/other, and not to Acme\/Shop; who runs/],
  ['ghcr.io/acme/shop', 'acme/shop2', /belongs to acme\/shop2/],
  [
    'ghcr.io/other/shop',
    null,
    /^ghcr\.io\/other\/shop is not below Acme, .+ add ghcr\.io\/other\/shop to SIGNALBOX_SHARED_IMAGES$/,
  ],
  ['ghcr.io/acme-evil/shop', null, /is not below Acme/],
  ['registry.test/shop', null, /is not below Acme/],
  ['docker.io/library/acme', null, /is not below Acme/],
])('%s, which belongs to %s', (name, linkedTo, expected) => {
  const why = whyNotOurs({ name, isShared: false }, linkedTo, REPO)
  if (expected === null) expect(why).toBeNull()
  else expect(why).toMatch(expected)
  expect(whyNotOurs({ name, isShared: true }, linkedTo, REPO)).toBeNull()
})
