/** What a registry's refusal says, as the distribution specification has its errors. */
import { z } from 'zod'
import { RegistryError } from '../../domain/errors.ts'
import { excerpt, readJson } from '../http/answer.ts'
import type { Answer } from './transport.ts'

const ERRORS = z.object({
  errors: z.array(z.object({ code: z.string().catch(''), message: z.string().catch('') })),
})

/** `, CODE: message` of the first error; empty where the answer has none. */
export function errorsIn(bytes: Uint8Array): string {
  const first = ERRORS.safeParse(readJson(bytes)).data?.errors[0]
  const words = [first?.code ?? '', first?.message ?? ''].map((text) => excerpt(text)).filter((text) => text !== '')
  return words.length === 0 ? '' : `, ${words.join(': ')}`
}

export function hasErrorCode(answer: Answer, code: string): boolean {
  return ERRORS.safeParse(readJson(answer.bytes)).data?.errors.some((error) => error.code === code) ?? false
}

/** @param doing as in «reading acme/app:1». */
export function refused(answer: Answer, doing: string): RegistryError {
  const said = errorsIn(answer.bytes)
  return new RegistryError(`${answer.url.host} refuses ${doing} (${answer.status}${said}).`, { status: answer.status })
}
