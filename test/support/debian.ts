/**
 * Small Debian systems for a real engine, made by debootstrap. The archive of each release is kept in the directory for
 * temporary files, so that the next run begins at once.
 */
import { execFile } from 'node:child_process'
import { existsSync, mkdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { type Engine, engineMissing } from './engine.ts'

const DEBOOTSTRAP = '/usr/sbin/debootstrap'
const MIRROR = process.env.TEST_DEBIAN_MIRROR ?? 'http://deb.debian.org/debian'
/** Beside what every Debian has: what base images that agents work in have. */
const PACKAGES = 'ca-certificates,git,sudo'

/** Why there can be no Debian here; null: there can. */
export const debianMissing: string | null =
  engineMissing ?? (existsSync(DEBOOTSTRAP) ? null : `${DEBOOTSTRAP} is missing (Debian: apt-get install debootstrap)`)
if (debianMissing !== null) console.warn(`Tests in a real Debian are left out: ${debianMissing}.`)

/** Made aside and renamed; whoever else wants it waits for the lock. The lists of apt stay: they answer without a network. */
const MAKE = `
[ -f "$2" ] && exit 0
root=$(mktemp -d)
trap 'rm -rf "$root" "$2.part"' EXIT
"$0" --variant=minbase --include="$4" "$1" "$root" "$3" > "$2.log" 2>&1 || { tail -n 5 "$2.log"; exit 1; }
chroot "$root" apt-get update >> "$2.log" 2>&1 || { tail -n 5 "$2.log"; exit 1; }
rm -rf "$root"/var/cache/apt/* "$root"/usr/share/doc/* "$root"/usr/share/man/* "$root"/usr/share/locale/*
tar -C "$root" -cf "$2.part" . && mv "$2.part" "$2"
`

/** Imports the release as an image of the engine and names it. It takes half a minute where no archive is kept yet. */
export async function importDebian(engine: Engine, release: 'bookworm' | 'trixie'): Promise<string> {
  const image = `signalbox-debian:${release}`
  if (await engine.docker(['images', '-q', image])) return image
  const directory = join(tmpdir(), 'signalbox-debian')
  mkdirSync(directory, { recursive: true, mode: 0o700 })
  const archive = join(directory, `${release}.tar`)
  const arguments_ = [`${archive}.lock`, 'sh', '-c', MAKE, DEBOOTSTRAP, release, archive, MIRROR, PACKAGES]
  await promisify(execFile)('flock', arguments_).catch((error: unknown) => {
    const said = error instanceof Error && 'stdout' in error ? String(error.stdout) : String(error)
    throw new Error(`debootstrap could not make ${release} from ${MIRROR}: ${said}`)
  })
  await engine.docker(['import', archive, image])
  return image
}
