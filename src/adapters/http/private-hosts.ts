/** Hosts that mean something else, or something at all, only from where this process runs. */
import { BlockList, isIP } from 'node:net'

/** Source: https://www.iana.org/assignments/iana-ipv4-special-registry, https://www.iana.org/assignments/iana-ipv6-special-registry */
const PRIVATE = new BlockList()
for (const [network, prefix] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
] as const)
  PRIVATE.addSubnet(network, prefix, 'ipv4')
for (const [network, prefix] of [
  ['::', 127],
  ['64:ff9b::', 96],
  ['64:ff9b:1::', 48],
  ['fc00::', 7],
  ['fe80::', 10],
] as const)
  PRIVATE.addSubnet(network, prefix, 'ipv6')

const PRIVATE_NAME = /\.(?:local|internal|localdomain|localhost|home\.arpa)$/

/** Whether the host of the address is written as an address of this machine or of a private network. */
export function isPrivateAddress({ hostname }: URL): boolean {
  const name = nameOf(hostname)
  const version = isIP(name)
  if (version === 0) return name === 'localhost' || name.endsWith('.localhost')
  return PRIVATE.check(name, version === 4 ? 'ipv4' : 'ipv6')
}

/**
 * Why the host, `<name>[:port]`, is none that everybody finds by the same name, as the end of a sentence about it; null: it may be
 * one. Nothing is looked up.
 */
export function whyNotPublic(host: string): string | null {
  // The URL knows how else an address can be written.
  if (!URL.canParse(`https://${host}`)) return 'is no host'
  const name = nameOf(new URL(`https://${host}`).hostname)
  if (isIP(name) !== 0) return 'is an IP address'
  if (!name.includes('.')) return 'has no domain'
  const ending = PRIVATE_NAME.exec(name)?.[0]
  return ending === undefined ? null : `ends in ${ending}, as names inside a network do`
}

function nameOf(hostname: string): string {
  return hostname
    .replace(/^\[(.*)\]$/, '$1')
    .replace(/\.+$/, '')
    .toLowerCase()
}
