/**
 * What workflows run with npx. Their jobs may push images, so whoever can change what npx fetches owns them. It has to be
 * named in full: a package with its exact version, or the https URL of a tarball. A name alone is whatever is newest, or
 * whoever registers it first.
 */

const PACKAGE =
  /^(?:@[a-z0-9][a-z0-9._-]{0,99}\/)?[a-z0-9][a-z0-9._-]{0,99}@\d{1,9}\.\d{1,9}\.\d{1,9}(?:-[0-9A-Za-z.-]{1,50})?$/
const TARBALL = /^https:\/\/[A-Za-z0-9][A-Za-z0-9.-]{0,200}(?::\d{1,5})?\/[A-Za-z0-9._~@+%/-]{1,300}\.(?:tgz|tar\.gz)$/

/** Neither needs quotes in YAML, in an expression or in a shell. */
export function isPinnedCommandLine(text: string): boolean {
  return PACKAGE.test(text) || TARBALL.test(text)
}
