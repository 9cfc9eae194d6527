/**
 * The two tags of a prepared folder, at the end of its `config.sh`, where `signalbox build` and the older script read
 * them. What was put there for an earlier image is replaced, so that preparing twice is the same as once. Everything
 * else stays as it was written.
 */

const OWN_LINE = /^DOCKER_IMAGE_(?:SOURCE_)?TAG=[A-Za-z0-9_.-]*[ \t]*$/

export function withConfigTags(before: string, tags: { readonly image: string; readonly source: string }): string {
  const kept = before.split(/(?<=\n)/).filter((line) => !OWN_LINE.test(line.replace(/\r?\n$/, '')))
  const text = kept.join('')
  const separated = text === '' || text.endsWith('\n') ? text : `${text}\n`
  return `${separated}DOCKER_IMAGE_TAG=${tags.image}\nDOCKER_IMAGE_SOURCE_TAG=${tags.source}\n`
}
