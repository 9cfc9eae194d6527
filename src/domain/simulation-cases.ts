/** The file of a simulation: JSON, one case or a list of such. */
import type { z } from 'zod'
import { cleanText } from './payload.ts'

export type ParsedCases<Case> =
  | { readonly ok: true; readonly cases: readonly Case[]; readonly isArray: boolean }
  | { readonly ok: false; readonly problem: string }

export type ParsedCase<Case> =
  | { readonly ok: true; readonly case: Case }
  | { readonly ok: false; readonly problem: string }

/** @param parse of one case; its place is null where it is the only one. */
export function parseCases<Case>(
  text: string,
  parse: (value: unknown, place: number | null) => ParsedCase<Case>,
): ParsedCases<Case> {
  let value: unknown
  try {
    value = JSON.parse(cleanText(text))
  } catch (error) {
    return { ok: false, problem: `it is not JSON: ${error instanceof Error ? error.message : String(error)}` }
  }
  const isArray = Array.isArray(value)
  const cases: Case[] = []
  for (const [index, one] of (Array.isArray(value) ? value : [value]).entries()) {
    const parsed = parse(one, isArray ? index : null)
    if (!parsed.ok) return parsed
    cases.push(parsed.case)
  }
  return { ok: true, cases, isArray }
}

/** What is wrong with a case. @param where it stands, ready to be followed by a key. */
export function describeIssue(where: string, issue: z.core.$ZodIssue | undefined): string {
  return `${where}${issue?.path.join('.') || 'the case'}: ${issue?.message ?? 'is not one'}`
}
