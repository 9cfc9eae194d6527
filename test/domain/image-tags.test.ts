import { describe, expect, test } from 'vitest'
import type { BuildSubject } from '../../src/domain/build-subject.ts'
import { UsageError } from '../../src/domain/errors.ts'
import { formatDate, isTimeZone } from '../../src/domain/image-tags/format-date.ts'
import { readPythonVersion } from '../../src/domain/image-tags/pep440.ts'
import { parsePattern } from '../../src/domain/image-tags/safe-pattern.ts'
import { checkTagRules, decideTags, MAX_RULES, nameTags, repairTag } from '../../src/domain/image-tags.ts'

const NOW = new Date('2020-01-10T00:30:00Z')
const SHA = '860c1904a1ce19322e91ac35af1ab07466440c37'

function makeSubject(change: Partial<BuildSubject> = {}): BuildSubject {
  return {
    event: 'push',
    ref: 'refs/heads/main',
    refName: 'main',
    sha: SHA,
    commitDate: null,
    baseRef: '',
    pullRequest: null,
    defaultBranch: 'main',
    repository: { owner: 'acme', name: 'app', description: '', url: '', license: '' },
    matrix: {},
    trusted: true,
    ...change,
  }
}

const onBranch = (name: string) => makeSubject({ ref: `refs/heads/${name}`, refName: name })
const onTag = (name: string) => makeSubject({ ref: `refs/tags/${name}`, refName: name })
const onPullRequest = makeSubject({
  event: 'pull_request',
  ref: 'refs/pull/15/merge',
  refName: '15/merge',
  baseRef: 'main',
  pullRequest: { number: 15, headRef: 'fix', baseRef: 'main' },
})
const decide = (rules: readonly string[], subject = makeSubject(), flavor: readonly string[] = []) =>
  decideTags({ rules, flavor }, subject, NOW)

describe('rules', () => {
  const cases: [rule: string, subject: BuildSubject, tags: string[]][] = [
    ['type=ref,event=branch', onBranch('my/feature'), ['my-feature']],
    ['type=ref,event=branch', onTag('v1'), []],
    ['type=ref,event=tag', onTag('p1/v1.0'), ['p1-v1.0', 'latest']],
    ['type=ref,event=pr', onPullRequest, ['pr-15']],
    ['type=ref,event=pr,prefix=,suffix=-x', onPullRequest, ['15-x']],
    ['type=sha', onPullRequest, ['sha-860c190']],
    ['type=sha,format=long,prefix=', onPullRequest, [SHA]],
    ['type=sha', makeSubject({ sha: '' }), []],
    ['type=edge', onBranch('main'), ['edge']],
    ['type=edge,branch=dev', onBranch('dev'), ['edge']],
    ['type=edge,branch=dev', onBranch('main'), []],
    ['type=edge', makeSubject({ defaultBranch: '' }), []],
    ['type=schedule', makeSubject({ event: 'schedule' }), ['nightly']],
    ['type=schedule', makeSubject(), []],
    [
      "type=schedule,pattern={{date 'YYYYMMDD-HHmmss' tz='Asia/Tokyo'}}",
      makeSubject({ event: 'schedule' }),
      ['20200110-093000'],
    ],
    ['type=raw,value=foo', onTag('v1'), ['foo']],
    ['foo', onTag('v1'), ['foo']],
    ['type=raw,foo=bar=baz,value=a=b', onTag('v1'), ['a-b']],
    ['type=raw,"value=a,""b"""', onTag('v1'), ['a-b-']],
    [' type = raw , value = foo ', onTag('v1'), ['foo']],
    ['TYPE=raw,VALUE=Foo', onTag('v1'), ['Foo']],
    ['type=semver,pattern={{version}}', onTag('v1.2.3'), ['1.2.3', 'latest']],
    ['type=semver,pattern=v{{ major }}.{{minor}}-{{{patch}}}', onTag('v1.2.3'), ['v1.2-3', 'latest']],
    ['type=semver,pattern={{raw}}', onTag('v1.2.3-rc.1'), ['v1.2.3-rc.1']],
    ['type=semver,pattern={{major}}.{{minor}}', onTag('v1.2.3-rc.1'), ['1.2.3-rc.1']],
    ['type=semver,pattern={{raw}}-x', onTag('v1.2.3-rc.1'), ['1.2.3-rc.1']],
    ['type=semver,pattern={{raw}}', onTag('v9.5.7-alpha.2+fork.3.1.8'), ['v9.5.7-alpha.2-fork.3.1.8']],
    ['type=semver,pattern={{version}}', onTag('20200110-RC2'), []],
    ['type=semver,pattern={{version}},value=v4.5.6', onBranch('main'), ['4.5.6', 'latest']],
    ['type=semver,pattern={{version}},match=^app/(.*)$', onTag('app/v4.5.6'), ['4.5.6', 'latest']],
    ['type=semver,pattern={{version}},match=^lib/(.*)$', onTag('v4.5.6'), ['4.5.6', 'latest']],
    ['type=semver,pattern={{version}}', onBranch('v1.2.3'), []],
    ['type=pep440,pattern={{version}}', onTag('1.2.3beta2'), ['1.2.3b2']],
    ['type=pep440,pattern={{major}}.{{minor}}', onTag('1.2.3.post1'), ['1.2.3.post1']],
    ['type=pep440,pattern={{major}}.{{minor}}.{{patch}}', onTag('v1.2'), ['1.2.0', 'latest']],
    ['type=pep440,pattern={{raw}}', onTag('v1.2.3rc2'), ['v1.2.3rc2']],
    ['type=pep440,pattern={{version}}', onTag('1.0dev4'), ['1.0.dev4']],
    ['type=pep440,pattern={{version}}', onTag('sometag'), []],
    ['type=match,pattern=v(.*),group=1', onTag('v2.0.8-beta.67'), ['2.0.8-beta.67', 'latest']],
    ['type=match,"pattern=/^V(\\d{1,2})/i",group=1', onTag('v20'), ['20', 'latest']],
    ['type=match,"pattern=/\\d+/g",group=1', onTag('1.22.3'), ['22', 'latest']],
    ['type=match,"pattern=/(?<year>\\d{4})/",group=1', onTag('at-2020'), ['2020', 'latest']],
    ['type=match,pattern=\\d{8}', onTag('v1'), []],
    ['type=match,pattern=(a)|(v),group=1', onTag('v1'), []],
    ['type=match,pattern=\\d+,value=x{{sha}}y', onBranch('main'), ['860', 'latest']],
    ['type=raw,value={{branch}}|{{tag}}|{{base_ref}}', onBranch('main'), ['main-']],
    ['type=raw,value=x-{{base_ref}}', onPullRequest, ['x-main']],
    ['type=raw,value=x-{{base_ref}}', makeSubject({ ref: 'refs/tags/v1', baseRef: 'refs/heads/main' }), ['x-main']],
    ['type=raw,value=x-{{base_ref}}', makeSubject({ event: 'merge_group', baseRef: 'main' }), ['x-']],
    ['type=raw,value=x,enable={{is_default_branch}}', onBranch('main'), ['x']],
    ['type=raw,value=x,enable={{is_default_branch}}', onBranch('dev'), []],
    ['type=raw,value=x,enable={{ is_not_default_branch }}', onBranch('dev'), ['x']],
    ['type=raw,value=x,enable={{is_default_branch}}', makeSubject({ event: 'issues', ref: 'refs/heads/dev' }), ['x']],
    ['type=raw,value=x,enable=false', onBranch('main'), []],
    ['type=raw,value={{is_default_branch}}-{{is_not_default_branch}}', onBranch('main'), ['true-false']],
    [
      'type=raw,"value={{date \'dddd, MMMM Do YYYY, h:mm:ss a\'}}"',
      makeSubject(),
      ['Friday-January-10th-2020-12-30-00-am'],
    ],
    ["type=raw,value={{commit_date 'YYYY'}}", makeSubject({ commitDate: new Date('2019-01-01T00:00:00Z') }), ['2019']],
    ["type=raw,value={{commit_date 'YYYY'}}", makeSubject(), ['2020']],
    ['type=raw,value={{branch}}', onBranch("it's=<b>"), ['it-s-b-']],
    ['type=raw,value={{branch}}', onBranch('{{sha}}'), ['sha-']],
  ]
  test.each(cases)('%s', (rule, subject, tags) => {
    expect(decide([rule], subject).tags).toEqual(tags)
  })

  test('come by priority, then in their order, each tag once', () => {
    const rules = ['type=sha', 'b', 'a', 'type=raw,c,priority=2000', 'b', 'type=ref,event=branch', 'type=raw,main']
    expect(decide(rules)).toEqual({ version: 'c', tags: ['c', 'main', 'b', 'a', 'sha-860c190'], warnings: [] })
  })

  test('without any are those of the action', () => {
    expect(decide([], makeSubject({ event: 'schedule' })).tags).toEqual(['nightly', 'main'])
    expect(decide([], onTag('v1')).tags).toEqual(['v1', 'latest'])
    expect(decide([], onPullRequest).tags).toEqual(['pr-15'])
    expect(decide([], makeSubject({ ref: '', refName: '' }))).toEqual({ version: '', tags: [], warnings: [] })
  })

  test('that do not apply to a version say so', () => {
    expect(decide(['type=semver,pattern={{version}}'], onTag('sometag')).warnings).toEqual([
      '"sometag" is no semantic version (https://semver.org), so that the tag rule "type=semver,pattern={{version}}" makes no tag.',
    ])
    expect(decide(['type=match,pattern=\\d'], onTag('x')).warnings).toEqual(['The pattern "\\\\d" does not match "x".'])
    expect(decide(['type=edge'], makeSubject({ defaultBranch: '' })).warnings).toHaveLength(1)
  })
})

describe('flavor', () => {
  const cases: [flavor: string[], rules: string[], tags: string[]][] = [
    [['latest=false'], ['type=ref,event=tag'], ['v1']],
    [['latest=true'], ['type=raw,x'], ['x', 'latest']],
    [['latest=auto'], ['type=raw,x', 'type=ref,event=tag'], ['v1', 'x', 'latest']],
    [['latest=auto'], ['type=raw,x,priority=1000', 'type=ref,event=tag'], ['x', 'v1']],
    [
      ['prefix=p-', 'suffix=-s'],
      ['type=ref,event=tag', 'type=sha', 'type=raw,x,suffix='],
      ['p-v1-s', 'p-x', 'sha-860c190-s', 'latest'],
    ],
    [['prefix=p-,onlatest=true', 'suffix=-s,onlatest=true'], ['type=ref,event=tag'], ['p-v1-s', 'p-latest-s']],
    [['prefix={{tag}}-,onlatest=true'], ['type=ref,event=tag'], ['v1-v1', 'v1-latest']],
    [['latest=true,prefix=p-,suffix=-s,onlatest=true'], ['x'], ['p-x-s', 'latest-s']],
    [['prefix= '], ['x'], ['x']],
    [['latest=true'], ['type=semver,pattern={{version}}'], []],
    [['latest=true'], ['latest'], ['latest']],
  ]
  test.each(cases)('%j with %j', (flavor, rules, tags) => {
    expect(decide(rules, onTag('v1'), flavor).tags).toEqual(tags)
  })
})

describe('what is wrong', () => {
  const cases: [rule: string, message: string][] = [
    ['', 'is empty; write a rule, such as "type=sha", or remove it'],
    ['type=shaa', 'has type="shaa"; did you mean "sha"?'],
    ['type=ref', 'has no event; write event=branch, event=tag or event=pr'],
    ['type=ref,event=brunch', 'has event="brunch"; did you mean "branch"?'],
    ['type=raw', 'has no value; write value= and the tag'],
    ['type=sha,format=longer', 'has format="longer"; did you mean "long"?'],
    ['type=semver', 'has no pattern; write pattern={{version}} or pattern={{major}}.{{minor}}'],
    ['type=semver,pattern={{mayor}}', 'has "{{mayor}}", which is not filled in here; did you mean "major"?'],
    ['type=semver,pattern={{version}},match=v', 'has match="v" without a group; put the version in parentheses'],
    ['type=schedule,pattern={{sha}}', 'has "{{sha}}", which is not filled in here; there are date, commit_date'],
    ['type=match', 'has no pattern; write pattern= and a regular expression'],
    ['type=match,pattern=v(,group=1', 'has the pattern "v(", which is no regular expression: missing closing ): `v(`'],
    ['type=match,pattern=a,group=x', 'has group="x", which is no number from 0 to 20'],
    ['type=match,pattern=a,group=1', 'has group=1, and its pattern has no groups, so that it makes no tag'],
    ['type=match,pattern=/a/q', 'has the pattern "/a/q", which has the flags "q"; there are g, i, m and s, each once'],
    ['type=raw,value={{branch', 'has a "{{" without the "}}" that ends it'],
    ['type=raw,value={{branch x}}', 'gives {{branch}} something more than its name; write {{branch}}'],
    [
      'type=raw,value={{constructor}}',
      'has "{{constructor}}", which is not filled in here; there are branch, tag, sha, base_ref, is_default_branch, is_not_default_branch, date, commit_date',
    ],
    ['type=raw,value={{date}}', "has {{date}} without a format in quotes; write {{date 'YYYYMMDD'}}"],
    [
      "type=raw,value={{date 'YYYY' tz='Mars/Base'}}",
      'has the time zone "Mars/Base", which does not exist; write one such as Europe/Paris',
    ],
    [
      "type=raw,value={{date 'YYYY' zone='UTC'}}",
      `has {{date}} with "zone='UTC'"; after the format there is only a time zone, such as tz='Europe/Paris'`,
    ],
    ['type=sha,priority=high', 'has priority="high", which is no number'],
    ['type=sha,enable=yes', 'has enable="yes"; write true, false, {{is_default_branch}} or {{is_not_default_branch}}'],
    [
      'type=sha,enable={{branch}}',
      'has enable="{{branch}}"; write true, false, {{is_default_branch}} or {{is_not_default_branch}}',
    ],
    [
      'type=sha,prefix={{nope}}',
      'has "{{nope}}", which is not filled in here; there are branch, tag, sha, base_ref, is_default_branch, is_not_default_branch, date, commit_date',
    ],
    ['type=sha,prefx=x', 'has the attribute "prefx", which is ignored; did you mean "prefix"?'],
    ['type=raw,value=a"b"', 'has a quote inside of a value; put the whole value in quotes: "value=a""b"""'],
    ['type=raw,"value=a', 'has a quote that nothing closes'],
    [
      'type=raw,"value=a"b',
      'has something between a closing quote and the comma; double a quote that belongs to the value',
    ],
    ['type=sha\ntype=raw,x', 'has a line end; write each rule as an entry of its own'],
    [`type=raw,value=${'x'.repeat(1000)}`, 'has more than 1000 characters'],
  ]
  test.each(cases)('%j', (rule, message) => {
    expect(checkTagRules({ rules: ['type=sha', rule], flavor: [] })).toEqual([{ in: 'rules', index: 1, message }])
  })

  const flavors: [flavor: string, message: string][] = [
    ['latest', 'has "latest", which is no key=value; write latest=…, prefix=… or suffix=…'],
    ['latest=maybe', 'has latest="maybe"; write latest=auto, latest=true or latest=false'],
    ['sufix=-x', 'has the key "sufix"; did you mean "suffix"?'],
    ['prefix=x,onlatest=1', 'has onlatest="1"; write onlatest=true or onlatest=false'],
    ['onlatest=true', 'has onlatest before a prefix or a suffix; write prefix=…,onlatest=true'],
    ['prefix={{shaa}}', 'has "{{shaa}}", which is not filled in here; did you mean "sha"?'],
  ]
  test.each(flavors)('flavor %j', (flavor, message) => {
    expect(checkTagRules({ rules: [], flavor: ['latest=auto', flavor] })).toEqual([{ in: 'flavor', index: 1, message }])
    expect(() => decide([], onTag('v1'), [flavor])).toThrow(
      new UsageError(`The flavor ${JSON.stringify(flavor)} ${message}${message.endsWith('?') ? '' : '.'}`),
    )
  })

  test('makes deciding throw with the rule and the remedy', () => {
    expect(() => decide(['type=shaa'])).toThrow(
      new UsageError('The tag rule "type=shaa" has type="shaa"; did you mean "sha"?'),
    )
  })

  test('is told of the first rule that is one too many', () => {
    const rules = Array.from({ length: MAX_RULES + 5 }, () => 'type=sha')
    expect(checkTagRules({ rules, flavor: [] })).toMatchObject([{ in: 'rules', index: MAX_RULES }])
  })

  test('is nothing in rules that are good', () => {
    const rules = ['type=match,"pattern=\\d.\\d.\\d"', 'type=pep440,pattern={{raw}}', 'x']
    expect(checkTagRules({ rules, flavor: ['latest=auto', 'prefix={{branch}}-,onlatest=true'] })).toEqual([])
  })
})

describe('patterns', () => {
  const hostile = ['(a+)+$', '(a|aa)+$', '(.*)*(.*)*(.*)*z', '(?:.*a|a)*z', '([a-z]+)*\\d', '(x+x+)+y', '((a*)*)*b']
  test.each(hostile)('%s never takes long', (pattern) => {
    const started = performance.now()
    for (const text of ['a'.repeat(500), `${'a'.repeat(500)}!`, 'x'.repeat(500)])
      decide([`type=match,"pattern=${pattern}"`, `type=match,"pattern=/${pattern}/g",group=20`], onTag(text))
    expect(performance.now() - started).toBeLessThan(2000)
  })

  test.each([
    ['(?=a)b', 'looks ahead or behind'],
    ['(?<!a)b', 'looks ahead or behind'],
    ['(a)\\1', 'refers back to a group'],
    ['.{1000}', 'repeats too much'],
    ['((((a{9}){9}){9}){9})', 'repeats too much'],
    ['(?:(?:[^\\]{}(]{30}){30}){2,}', 'repeats too much'],
    ['a'.repeat(257), 'more than 256 characters'],
  ])('%s is refused', (pattern, why) => {
    const parsed = parsePattern(pattern, { delimited: false })
    expect(parsed).toMatchObject({ ok: false, reason: expect.stringContaining(why) })
  })

  test('a great many of the worst are checked at once', () => {
    const rules = Array.from({ length: 2000 }, (_, index) => `type=match,"pattern=(?:[a-z0-9]{1,250}|x){2}${index}"`)
    const started = performance.now()
    checkTagRules({ rules, flavor: rules })
    expect(performance.now() - started).toBeLessThan(2000)
  })

  test('find what JavaScript finds', () => {
    const atoms = [
      'a',
      'b',
      '.',
      '\\d',
      '\\w',
      '[ab]',
      '[^a]',
      '(a)',
      '(a|b)',
      '(?:ab)',
      '(a?b)',
      '-',
      '\\.',
      '^',
      '$',
      '\\b',
    ]
    const after = ['', '', '', '?', '*', '+', '*?', '+?', '{2}', '{1,2}', '|']
    const texts = ['', 'a', 'ab', 'aab', 'ba1', 'a-b', '1.2.3', 'v1.2-ab', 'bbb', 'a.b-a1']
    let seed = 7
    const pick = <T>(list: readonly T[]): T => {
      seed = (seed * 1103515245 + 12345) % 2147483648
      return list[Math.floor((seed / 2147483648) * list.length)] as T
    }
    let compared = 0
    for (let round = 0; round < 3000; round += 1) {
      const plain = Array.from({ length: 1 + (round % 5) }, () => {
        const atom = pick(atoms)
        return `${atom}${['^', '$', '\\b'].includes(atom) ? '' : pick(after)}`
      }).join('')
      const parsed = parsePattern(plain, { delimited: false })
      if (!parsed.ok) throw new Error(`${plain}: ${parsed.reason}`)
      const text = pick(texts)
      const expected = new RegExp(plain).exec(text)
      expect([plain, text, parsed.pattern.find(text, 0)]).toEqual([plain, text, expected?.[0] ?? null])
      compared += 1
    }
    expect(compared).toBe(3000)
  })
})

describe('repairing', () => {
  const cases: [text: string, tag: string | null, warned: boolean][] = [
    ['v1.2.3', 'v1.2.3', false],
    ['_x', '_x', false],
    ['my/feature #12', 'my-feature-12', false],
    ['-x', 'x', true],
    ['..-x-', 'x-', true],
    ['/x', 'x', true],
    ['', null, true],
    ['-.-', null, true],
    ['日本', null, true],
    ['x'.repeat(128), 'x'.repeat(128), false],
  ]
  test.each(cases)('%j', (text, tag, warned) => {
    const repaired = repairTag(text)
    expect(repaired.tag).toBe(tag)
    expect(repaired.warning !== null).toBe(warned)
    if (repaired.tag !== null) expect(repaired.tag).toMatch(/^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/)
  })

  test('keeps long names apart, and their beginning', () => {
    const long = 'x'.repeat(130)
    expect(repairTag(long).tag).toMatch(/^x{119}-[0-9a-f]{8}$/)
    expect(repairTag(`${long}a`).tag).not.toBe(repairTag(`${long}b`).tag)
    expect(repairTag(`${long}a`).tag).toHaveLength(128)
  })

  test('is told, and what cannot be repaired is dropped', () => {
    expect(decide(['type=raw,-x', 'type=raw,...', 'y'])).toEqual({
      version: 'x',
      tags: ['x', 'y'],
      warnings: [
        'The tag "-x" begins with "-" or ".", which no tag may: it is now "x".',
        '"..." makes no tag: nothing of it may stand in one.',
      ],
    })
  })
})

describe('naming', () => {
  const tags = { tags: ['1', 'latest'] }
  test.each<[images: string[], names: string[]]>([
    [['org/App'], ['org/app:1', 'org/app:latest']],
    [
      ['b', 'a'],
      ['b:1', 'b:latest', 'a:1', 'a:latest'],
    ],
    [['a,ghcr.io/x/b'], ['a:1', 'a:latest', 'ghcr.io/x/b:1', 'ghcr.io/x/b:latest']],
    [
      ['name=a,enable=false', 'name=localhost:5000/b'],
      ['localhost:5000/b:1', 'localhost:5000/b:latest'],
    ],
    [
      ['a', 'a'],
      ['a:1', 'a:latest'],
    ],
    [[], ['1', 'latest']],
    [['a,enable=false'], ['1', 'latest']],
  ])('%j', (images, names) => {
    expect(nameTags(images, tags)).toEqual(names)
  })
  test.each([
    ['value=a', 'The image "value=a" has the attribute "value"; there are name, enable.'],
    ['a,enable=bar', 'The image "a,enable=bar" has enable=bar; write enable=true or enable=false.'],
    ['name=,enable=true', 'The image "name=,enable=true" has no name; write name=ghcr.io/org/app.'],
    ['a:1', 'The image "a:1" has the tag "1" already; name the image alone.'],
    ['a b', 'The image "a b" has the part "a b", which is no name of a repository.'],
  ])('%j is refused', (image, message) => {
    expect(() => nameTags([image], tags)).toThrow(new UsageError(message))
  })
})

describe('dates', () => {
  const at = new Date('2024-12-30T23:05:09.012Z')
  test.each([
    ['YYYY YY Y M MM MMM MMMM Mo', '2024 24 2024 12 12 Dec December 12th'],
    ['D DD Do DDD DDDD DDDo', '30 30 30th 365 365 365th'],
    ['d do dd ddd dddd e E', '1 1st Mo Mon Monday 1 1'],
    ['w ww wo gggg W WW Wo GGGG', '1 01 1st 2025 1 01 1st 2025'],
    ['Q Qo', '4 4th'],
    ['H HH h hh k kk A a', '23 23 11 11 23 23 PM pm'],
    ['m mm s ss S SS SSS SSSS', '5 05 9 09 0 01 012 0120'],
    ['Z ZZ X x', '+00:00 +0000 1735599909 1735599909012'],
    ['[at] HH[h]mm \\YYYY [open', 'at 23h05 YYYY [op1n'],
    ['LT|LTS|L|LL|LLL', '11:05 PM|11:05:09 PM|12/30/2024|December 30, 2024|December 30, 2024 11:05 PM'],
    ['YYYYMMDD-HHmmss', '20241230-230509'],
    ['YYYY-MM-DDTHH:mm:ss.SSS[Z]', '2024-12-30T23:05:09.012Z'],
  ])('%s', (format, text) => {
    expect(formatDate(at, format, 'UTC')).toBe(text)
  })
  test.each([
    ['Asia/Tokyo', '2024-12-31 08:05 +09:00'],
    ['America/St_Johns', '2024-12-30 19:35 -03:30'],
    ['Asia/Kathmandu', '2024-12-31 04:50 +05:45'],
  ])('in %s', (zone, text) => {
    expect(formatDate(at, 'YYYY-MM-DD HH:mm Z', zone)).toBe(text)
  })
  test('know their time zones', () => {
    expect(['UTC', 'Europe/Paris', 'Mars/Base', ''].map(isTimeZone)).toEqual([true, true, false, false])
  })
})

describe('versions of Python packages', () => {
  test.each([
    ['1', '1', true],
    ['v1.2.3', '1.2.3', true],
    ['01.002.0', '1.2.0', true],
    ['2!1.0', '2!1.0', true],
    ['1.0+Ubuntu-001_x', '1.0+ubuntu.1.x', true],
    ['1.2.3alpha', '1.2.3a0', false],
    ['1.2.3-BETA.2', '1.2.3b2', false],
    ['1.2c3', '1.2rc3', false],
    ['1.2_preview_3', '1.2rc3', false],
    ['1.0-1', '1.0.post1', false],
    ['1.0rev', '1.0.post0', false],
    ['1.0a1.post2.dev3+x', '1.0a1.post2.dev3+x', false],
    ['1.0DEV4', '1.0.dev4', false],
    ['123456789012345678901234567890', '123456789012345678901234567890', true],
  ])('%s', (text, normal, final) => {
    expect(readPythonVersion(text)).toMatchObject({ normal, final })
  })
  test.each(['', 'v', '1.', '1..2', '1.0x', '1.0-', '1.0+', '1.0+a..b', 'sometag', ' 1.0', '1'.repeat(257)])(
    '%j is none',
    (text) => {
      expect(readPythonVersion(text)).toBeNull()
    },
  )
})
