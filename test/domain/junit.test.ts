import { describe, expect, test } from 'vitest'
import { repositoryPath } from '../../src/domain/junit/locate-failure.ts'
import { type JunitResult, parseJunit } from '../../src/domain/junit.ts'
import { makeRandom } from '../support/random.ts'

function parse(...files: string[]): JunitResult {
  return parseJunit(files.map((xml, index) => ({ name: `${index}.xml`, xml })))
}

const PYTEST = `<?xml version="1.0" encoding="utf-8"?><testsuites name="pytest tests"><testsuite name="pytest" errors="1" failures="1" skipped="2" tests="5" time="0.1" hostname="x">
<testcase classname="tests.test_cart.TestCart" name="test_total" time="0.001"><failure message="AssertionError: assert 3 == 4&#10; +  where 3 = total()">self = &lt;tests.test_cart.TestCart object at 0x7f&gt;

    def test_total(self):
&gt;       check(total(), 4)

tests/test_cart.py:7:
_ _ _ _

    def check(a, b):
&gt;       assert a == b
E       AssertionError: assert 3 == 4
E        +  where 3 = total()

tests/support.py:3: AssertionError</failure></testcase>
<testcase classname="tests.test_cart" name="test_rerun[a-1]" time="0.001" />
<testcase classname="tests.test_cart" name="test_db" time="0.001"><error message="failed on setup with &quot;OSError: no database&quot;">/home/runner/work/shop/shop/tests/conftest.py:12: OSError</error></testcase>
<testcase classname="tests.test_cart" name="test_later" time="0"><skipped type="pytest.skip" message="later">tests/test_cart.py:30: later</skipped></testcase>
<testcase classname="tests.test_cart" name="test_known" time="0"><skipped type="pytest.xfail" message="known" /></testcase>
</testsuite></testsuites>`

const XUNIT1 = `<testsuite name="pytest"><testcase classname="tests.test_cart" name="test_total" file="tests/test_cart.py" line="0"><failure message="assert 0">&gt; assert 0
E assert 0

tests/test_cart.py:2: AssertionError</failure></testcase>
<testcase classname="tests.test_cart" name="test_silent" file="tests/test_cart.py" line="5"><failure message="no traceback"/></testcase>
<testcase classname="tests.test_cart" name="test_first" file="tests/test_cart.py" line="0"><failure/></testcase></testsuite>`

const JEST = `<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="jest tests" tests="3" failures="2" errors="0" time="1.2">
  <testsuite name="sum" errors="0" failures="1" skipped="1" timestamp="2026-01-01T00:00:00" time="0.4" tests="3">
    <testcase classname="sum adds" name="sum adds" time="0.002" file="src/__tests__/sum.test.js">
      <failure>Error: expect(received).toBe(expected) // Object.is equality

Expected: 4
Received: 3
    at Object.toBe (/home/runner/work/shop/shop/node_modules/expect/build/index.js:5:1)
    at Object.&lt;anonymous&gt; (/home/runner/work/shop/shop/src/__tests__/sum.test.js:5:21)</failure>
    </testcase>
    <testcase classname="sum later" name="sum later" time="0"><skipped/></testcase>
    <testcase classname="sum is good" name="sum is good" time="0"/>
  </testsuite>
  <testsuite name="src/broken.test.js" errors="1" failures="0" tests="1">
    <testcase classname="Test suite failed to run" name="src/broken.test.js" time="0">
      <error>SyntaxError: file:///home/runner/work/shop/shop/src/broken.test.js:1:9: Unexpected token</error>
    </testcase>
  </testsuite>
</testsuites>`

const GOTESTSUM = `<?xml version="1.0" encoding="UTF-8"?>
<testsuites tests="4" failures="2" errors="0" time="0.01">
	<testsuite tests="3" failures="2" time="0.005" name="example.com/acme/calc" timestamp="2026-01-01T00:00:00Z">
		<properties><property name="go.version" value="go1.25"></property></properties>
		<testcase classname="example.com/acme/calc" name="TestAdd/big" time="0.000"><failure message="Failed" type="">=== RUN   TestAdd/big&#xA;    calc_test.go:9: Add(1, 2) = 4&#xA;--- FAIL: TestAdd/big (0.00s)&#xA;</failure></testcase>
		<testcase classname="example.com/acme/calc" name="TestSlow" time="0"><skipped message="=== RUN   TestSlow&#xA;    calc_test.go:20: short&#xA;"></skipped></testcase>
		<testcase classname="example.com/acme/calc" name="TestSub" time="0"></testcase>
	</testsuite>
	<testsuite tests="1" failures="1" time="0" name="example.com/acme/broken"><testcase classname="" name="TestMain" time="0"><failure message="Failed" type="">broken/main.go:3:2: undefined: x</failure></testcase></testsuite>
</testsuites>`

const SUREFIRE = `<?xml version="1.0" encoding="UTF-8"?>
<testsuite xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:noNamespaceSchemaLocation="https://maven.apache.org/surefire/maven-surefire-plugin/xsd/surefire-test-report.xsd" version="3.0.2" name="com.acme.CartTest" time="0.05" tests="4" errors="1" skipped="1" failures="1" flakes="1">
  <properties><property name="java.version" value="21"/></properties>
  <testcase name="total" classname="com.acme.CartTest" time="0.01">
    <failure message="expected: &lt;4&gt; but was: &lt;3&gt;" type="org.opentest4j.AssertionFailedError"><![CDATA[org.opentest4j.AssertionFailedError: expected: <4> but was: <3>
	at org.junit.jupiter.api.AssertionUtils.fail(AssertionUtils.java:39)
	at com.acme.CartTest.total(CartTest.java:12)
]]></failure>
    <rerunFailure message="again" type="x"><stackTrace>at com.acme.CartTest.total(CartTest.java:12)</stackTrace></rerunFailure>
    <system-out><![CDATA[<failure/>]]></system-out>
  </testcase>
  <testcase name="flaky" classname="com.acme.CartTest" time="0.01">
    <flakyFailure message="once" type="x"><stackTrace><![CDATA[at x]]></stackTrace><system-out>out</system-out></flakyFailure>
    <flakyError message="twice" type="x"><stackTrace/></flakyError>
  </testcase>
  <testcase name="boom" classname="com.acme.CartTest$Inner" time="0.01"><error type="java.lang.NullPointerException">java.lang.NullPointerException
	at com.acme.Cart.sum(Cart.java:40)
	at com.acme.CartTest$Inner.boom(CartTest.java:33)</error><rerunError type="x"/></testcase>
  <testcase name="later" classname="com.acme.CartTest"><skipped message="no"/></testcase>
</testsuite>`

const NESTED = `<testsuites><testsuite name="outer" file="/github/workspace/tests/OuterTest.php"><testsuite name="inner">
<testcase name="works"/><testcase name="fails" line="14"><failure type="x">nothing said</failure></testcase>
</testsuite><error message="tear-down failed"/><testsuite><testcase name="late"><failure message="a"/><error message="b"/></testcase></testsuite></testsuite></testsuites>`

describe('what tools write', () => {
  test('pytest', () => {
    expect(parse(PYTEST)).toMatchObject({ tests: 5, failures: 2, skipped: 2, problem: null })
    const [total, setup] = parse(PYTEST).failed
    expect(total).toMatchObject({ name: 'tests.test_cart.TestCart › test_total', file: 'tests/test_cart.py', line: 7 })
    expect(total?.message.split('\n').slice(0, 4)).toEqual([
      'AssertionError: assert 3 == 4',
      ' +  where 3 = total()',
      '',
      'self = <tests.test_cart.TestCart object at 0x7f>',
    ])
    expect(setup).toEqual({
      name: 'tests.test_cart › test_db',
      file: 'tests/conftest.py',
      line: 12,
      message:
        'failed on setup with "OSError: no database"\n\n/home/runner/work/shop/shop/tests/conftest.py:12: OSError',
    })
  })

  test('pytest with the file of each test, whose lines count from 0', () => {
    expect(parse(XUNIT1).failed.map(({ file, line, message }) => [file, line, message.split('\n')[0]])).toEqual([
      ['tests/test_cart.py', 2, '> assert 0'],
      ['tests/test_cart.py', 5, 'no traceback'],
      ['tests/test_cart.py', 1, 'The report does not say why.'],
    ])
  })

  test('jest-junit', () => {
    expect(parse(JEST)).toMatchObject({ tests: 4, failures: 2, skipped: 1, problem: null })
    expect(parse(JEST).failed).toMatchObject([
      { name: 'sum adds', file: 'src/__tests__/sum.test.js', line: 5 },
      { name: 'Test suite failed to run › src/broken.test.js', file: 'src/broken.test.js', line: 1 },
    ])
    expect(parse(JEST).failed[0]?.message).toMatch(/^Error: expect\(received\)/)
  })

  test('gotestsum', () => {
    expect(parse(GOTESTSUM)).toEqual({
      tests: 4,
      failures: 2,
      skipped: 1,
      failed: [
        {
          name: 'example.com/acme/calc › TestAdd/big',
          file: 'calc_test.go',
          line: 9,
          message: 'Failed\n\n=== RUN   TestAdd/big\n    calc_test.go:9: Add(1, 2) = 4\n--- FAIL: TestAdd/big (0.00s)',
        },
        {
          name: 'example.com/acme/broken › TestMain',
          file: 'broken/main.go',
          line: 3,
          message: 'Failed\n\nbroken/main.go:3:2: undefined: x',
        },
      ],
      problem: null,
    })
  })

  test('surefire, whose flaky tests passed', () => {
    expect(parse(SUREFIRE)).toMatchObject({ tests: 4, failures: 2, skipped: 1, problem: null })
    expect(parse(SUREFIRE).failed).toMatchObject([
      { name: 'com.acme.CartTest › total', file: 'CartTest.java', line: 12 },
      { name: 'com.acme.CartTest$Inner › boom', file: 'CartTest.java', line: 33 },
    ])
    expect(parse(SUREFIRE).failed[0]?.message).toMatch(/^org\.opentest4j\.AssertionFailedError: expected: <4> but/)
  })

  test('suites within suites, and errors of a suite', () => {
    expect(parse(NESTED)).toEqual({
      tests: 4,
      failures: 3,
      skipped: 0,
      failed: [
        { name: 'inner › fails', file: 'tests/OuterTest.php', line: 14, message: 'nothing said' },
        { name: 'outer', file: 'tests/OuterTest.php', line: null, message: 'tear-down failed' },
        { name: 'outer › late', file: 'tests/OuterTest.php', line: null, message: 'a' },
      ],
      problem: null,
    })
  })

  test('several files, of which one is no report', () => {
    const coverage = '<?xml version="1.0"?><!DOCTYPE coverage SYSTEM "http://x.test/coverage-04.dtd"><coverage><oops'
    expect(parse(PYTEST, coverage, JEST)).toMatchObject({ tests: 9, failures: 4, skipped: 3, problem: null })
    expect(parse(PYTEST, JEST).failed).toHaveLength(4)
  })

  test('a file with a DOCTYPE that only names a DTD, which nobody reads', () => {
    const xml = '<!DOCTYPE testsuites SYSTEM "file:///etc/passwd"><testsuites><testsuite/></testsuites>'
    expect(parse(xml)).toEqual({ tests: 0, failures: 0, skipped: 0, failed: [], problem: null })
  })

  test('colours and control characters of a terminal', () => {
    const failure = `<failure message="#x1B[31mred#x1B[0m &#10;and \u001b[1;32mgreen\u001b[0m\u0000\u0008"/>`
    const result = parse(`<testsuite><testcase name="a">${failure}</testcase></testsuite>`)
    expect(result.failed.map((one) => one.message)).toEqual(['red \nand green'])
  })
})

/** One failed test, with this text. */
function failing(text: string, attributes = ''): JunitResult {
  return parse(
    `<testsuite><testcase classname="tests.test_cart" name="a" ${attributes}><failure><![CDATA[${text}]]></failure></testcase></testsuite>`,
  )
}

describe('where a test failed', () => {
  test.each<[string, string | null, number | null]>([
    ['src/a.py:3: AssertionError', 'src/a.py', 3],
    ['at x (src/a.spec.ts:10:5)', 'src/a.spec.ts', 10],
    ['File "/home/runner/work/shop/shop/tests/test_a.py", line 12, in test', 'tests/test_a.py', 12],
    ['at Acme.Cart.Total() in /home/runner/work/shop/shop/Cart.cs:line 7', 'Cart.cs', 7],
    ['thread panicked at src/lib.rs:10:5:', 'src/lib.rs', 10],
    ['D:\\a\\shop\\shop\\src\\a.py:4: Error', 'src/a.py', 4],
    ['file:///D:/a/shop/shop/src/a.mjs:4:1', 'src/a.mjs', 4],
    ['./spec/cart_spec.rb:5', 'spec/cart_spec.rb', 5],
    ['lib/b.py:1 then tests/test_cart.py:2', 'tests/test_cart.py', 2],
    ['lib/b.py:1 then lib/c.py:2', 'lib/b.py', 1],
    ['node_modules/x/y.js:1:1 lib/c.js:2:2', 'lib/c.js', 2],
    ['/usr/lib/python3/unittest.py:1 lib/c.py:2', 'lib/c.py', 2],
    ['../../etc/x.py:1', null, null],
    ['connection to db.internal:5432 at 12:30, http://x.test/a.js:80, 10.0.0.1:22', null, null],
    ['a.py:0 b.py:12345678 .py:5', null, null],
    ['nothing', null, null],
  ])('%s', (text, file, line) => {
    expect(failing(text).failed).toMatchObject([{ file, line }])
  })

  test.each<[string, string, string | null, number | null]>([
    ['file="src/a.py" line="9"', 'lib/b.py:3', 'src/a.py', 9],
    ['file="src/a.py" line="9"', 'lib/b.py:3 /home/runner/work/x/x/src/a.py:12', 'src/a.py', 12],
    ['file="a.py" line="9"', 'src/a.py:12', 'a.py', 12],
    ['file="src/a.py"', '', 'src/a.py', null],
    ['file="src/a.py" line="-1"', '', 'src/a.py', null],
    ['file="src/a.py" line="99999999"', '', 'src/a.py', null],
    ['file="/opt/a.py" line="9"', 'lib/b.py:3', 'lib/b.py', 3],
    ['file="/opt/a.py" line="9"', '', null, null],
    ['filepath="src/a.py" line="9"', '', 'src/a.py', 9],
  ])('%s with the text %j', (attributes, text, file, line) => {
    expect(failing(text, attributes).failed).toMatchObject([{ file, line }])
  })

  test.each<[string, string | null]>([
    ['a.py', 'a.py'],
    ['././/a/b.py', 'a/b.py'],
    ['/home/runner/work/shop/shop/a/b.py', 'a/b.py'],
    ['/Users/runner/work/shop/shop/a.py', 'a.py'],
    ['/__w/shop/shop/a.py', 'a.py'],
    ['/github/workspace/a.py', 'a.py'],
    ['/srv/actions-runner/_work/shop/shop/a.py', 'a.py'],
    ['C:\\runner\\_work\\shop\\shop\\a.py', 'a.py'],
    ['/home/runner/work/shop/other.py', null],
    ['/etc/passwd', null],
    ['a/../b.py', null],
    ['a//b.py', null],
    ['https://x.test/a.py', null],
    ['x'.repeat(301), null],
    ['   ', null],
  ])('the path %s', (written, path) => {
    expect(repositoryPath(written)).toBe(path)
  })
})

describe('bounds', () => {
  test('100,000 tests, of which all fail', () => {
    const one = '<testcase classname="a.B" name="x"><failure message="no">a.py:1: no</failure></testcase>'
    const result = parse(`<testsuite>${one.repeat(100_000)}</testsuite>`)
    expect(result).toMatchObject({ tests: 100_000, failures: 100_000, problem: null })
    expect(result.failed).toHaveLength(200)
  })

  test('200 failed tests of all files together', () => {
    const one = `<testsuite>${'<testcase name="x"><failure/></testcase>'.repeat(150)}</testsuite>`
    const result = parse(one, one)
    expect([result.failures, result.failed.length]).toEqual([300, 200])
  })

  test('names and messages, that never end in half a character', () => {
    const [test] = parse(
      `<testsuite><testcase name="${'n'.repeat(198)}😀😀"><failure message="${'m'.repeat(1998)}😀😀">${'t'.repeat(50_000)}</failure></testcase></testsuite>`,
    ).failed
    expect(test?.name).toBe(`${'n'.repeat(198)}\uFFFD…`)
    expect(test?.message).toBe(`${'m'.repeat(1998)}\uFFFD…`)
  })

  test('texts that a search could get lost in', () => {
    for (const text of ['a.py'.repeat(30_000), ':1'.repeat(50_000), '_work/'.repeat(20_000), './'.repeat(50_000)]) {
      expect(failing(text).failed).toMatchObject([{ file: null, line: null }])
      expect(failing('', `file="${text}"`).failed).toMatchObject([{ file: null, line: null }])
    }
  })

  test('50 elements within each other, and not one more', () => {
    const nested = (depth: number) => `${'<testsuite>'.repeat(depth)}${'</testsuite>'.repeat(depth)}`
    expect(parse(nested(50)).problem).toBe(null)
    expect(parse(nested(51)).problem).toBe('"0.xml" has more than 50 elements within each other')
    expect(parse('<testsuite>'.repeat(1_000_000)).problem).toBe('"0.xml" has more than 50 elements within each other')
  })
})

const LAUGHS = `<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY lol "lol">${Array.from(
  { length: 9 },
  (_, index) => `<!ENTITY lol${index + 1} "${`&lol${index || ''};`.repeat(10)}">`,
).join('')}]><testsuite name="&lol9;"/>`

test.each<[string, string, string]>([
  ['a billion laughs', LAUGHS, 'declares entities or elements of its own, which no test report needs'],
  [
    'an external entity',
    '<!DOCTYPE testsuite [<!ENTITY x SYSTEM "file:///etc/passwd">]><testsuite name="&x;"/>',
    'declares entities or elements of its own, which no test report needs',
  ],
  ['an entity of nobody', '<testsuite name="&x;"/>', 'is not well-formed XML: 1:20: undefined entity'],
  [
    'an entity that every object has',
    '<testsuite name="&constructor;"/>',
    'is not well-formed XML: 1:30: undefined entity',
  ],
  ['nothing', '', 'is not well-formed XML: 1:0: document must contain a root element'],
  ['text', 'hello', 'is not well-formed XML: 1:5: text data outside of root node'],
  ['a file cut short', PYTEST.slice(0, 900), 'is not well-formed XML: 17:'],
  ['half a character', '<testsuite name="\uD83D"/>', 'is not well-formed XML: '],
  ['two roots', '<testsuite/><testsuite/>', 'is not well-formed XML: '],
  ['another format', '<coverage/>', 'is not a JUnit report, whose root is "testsuites" or "testsuite"'],
])('%s is a problem, and counts for nothing', (_, xml, problem) => {
  const result = parse(xml)
  expect(result).toMatchObject({ tests: 0, failures: 0, skipped: 0, failed: [] })
  expect(result.problem?.slice(0, problem.length + 8)).toBe(`"0.xml" ${problem}`)
})

test('a problem of one file keeps nobody from counting the others', () => {
  expect(parse('<testsuite', JEST, '')).toMatchObject({
    tests: 4,
    failures: 2,
    problem:
      '"0.xml" is not well-formed XML: 1:10: document must contain a root element; and so on for 1 more of the files',
  })
})

test.each<[string[], string]>([
  [[], 'there is no XML file'],
  [
    ['<a/>', '<b/>', '<c/>'],
    '"0.xml" is not a JUnit report, whose root is "testsuites" or "testsuite", nor is any of the 2 others',
  ],
])('without any report in %j', (files, problem) => {
  expect(parse(...files).problem).toBe(problem)
})

test('attributes that every object has', () => {
  const xml =
    '<testsuite><testcase __proto__="x" constructor="y" toString="z"><failure __proto__="q"/></testcase></testsuite>'
  expect(parse(xml).failed).toMatchObject([{ name: 'a test without a name', message: 'The report does not say why.' }])
})

test('whatever the text, an answer comes back whose numbers agree', () => {
  const random = makeRandom(7)
  const pieces = [PYTEST, JEST, SUREFIRE, GOTESTSUM, NESTED, LAUGHS]
  const strange = [
    '<',
    '>',
    '&',
    '"',
    ']]>',
    '<![CDATA[',
    '<!--',
    '<!DOCTYPE ',
    '<?x',
    '\u0000',
    '\uD83D',
    '</testcase>',
    '<failure>',
    'a.py:1',
  ]
  let read = 0
  for (let round = 0; round < 2000; round += 1) {
    let xml = random.pick([PYTEST, ...pieces])
    for (let times = random.between(0, 3); times > 0; times -= 1) {
      const at = random.between(0, xml.length)
      xml = xml.slice(0, at) + random.pick(['', ...strange]) + xml.slice(at + random.between(0, 20))
    }
    const result = parse(xml)
    if (result.problem === null) read += 1
    expect(result.failures + result.skipped).toBeLessThanOrEqual(result.tests)
    expect(result.failed).toHaveLength(result.failures)
    for (const { name, message, file, line } of result.failed) {
      expect([name, message, file ?? ''].every((text) => text.isWellFormed() && !text.includes('\u0000'))).toBe(true)
      expect(line === null || (Number.isInteger(line) && line > 0)).toBe(true)
    }
  }
  expect(read).toBeGreaterThan(300)
  expect(read).toBeLessThan(1900)
})
