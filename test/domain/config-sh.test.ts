import { expect, test } from 'vitest'
import { readConfigSh } from '../../src/domain/config-sh.ts'

test.each<[string, Record<string, string>]>([
  ['DOCKER_ORG=all-hands-ai', { DOCKER_ORG: 'all-hands-ai' }],
  ['# a comment\n\n  A=1  \n\tB=2\n', { A: '1', B: '2' }],
  ['export A=1\nexport\tB="two words"', { A: '1', B: 'two words' }],
  ["A='$HOME; `id`'", { A: '$HOME; `id`' }],
  ['A="it\'s # here"', { A: "it's # here" }],
  ['A=1 # why\nB="2" # why\nC= # nothing', { A: '1', B: '2', C: '' }],
  ['A=""\nB=\'\'\nC=', { A: '', B: '', C: '' }],
  ['A=1\r\nB=2\r\n', { A: '1', B: '2' }],
  ['\u{FEFF}A=1', { A: '1' }],
  ['A=registry.example.com:5000/x@y%z+w,v', { A: 'registry.example.com:5000/x@y%z+w,v' }],
  ['A=1\nA=2', { A: '2' }],
  ['A==b=c', { A: '=b=c' }],
  ['', {}],
])('reads %j', (source, values) => {
  expect(readConfigSh(source)).toEqual({ ok: true, values: new Map(Object.entries(values)) })
})

test.each<[string, number, string]>([
  ['A=$HOME', 1, 'holds $'],
  ['A="$(id)"', 1, 'holds $'],
  ['# x\nA="`id`"', 2, 'holds `'],
  ['A=`id`', 1, 'holds `'],
  ['A=1; rm -rf /', 1, 'holds ;'],
  ['A="1"; rm -rf /', 1, 'holds ;'],
  ['A=1 && id', 1, 'followed by more text'],
  ['A=1|id', 1, 'holds |'],
  ['A=1&', 1, 'holds &'],
  ['A=a\\b', 1, 'holds \\'],
  ['A="a\\"b"', 1, 'holds \\'],
  ["A=$'a'", 1, 'holds $'],
  ['A=a#b', 1, 'holds #'],
  ['A=~/x', 1, 'holds ~'],
  ['A=(1 2)', 1, 'holds ('],
  ["A='a'b", 1, 'holds b'],
  ['A="open', 1, 'no " that ends it'],
  ["A='open\nB=1'", 1, "no ' that ends it"],
  ['A=two words', 1, 'in quotes'],
  ['A=1\n\nsource ./other.sh', 3, 'no KEY=value'],
  ['echo hello', 1, 'no KEY=value'],
  ['A = 1', 1, 'no KEY=value'],
  ['1A=1', 1, 'no KEY=value'],
  ['A+=1', 1, 'no KEY=value'],
  ['if true; then A=1; fi', 1, 'no KEY=value'],
  ['A="\u0007"', 1, 'control character'],
  ['A=\u001b[31m', 1, 'holds "\\u001b"'],
])('refuses %j with its line', (source, line, reason) => {
  expect(readConfigSh(source)).toEqual({ ok: false, line, reason: expect.stringContaining(reason) })
})
