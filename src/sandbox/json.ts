/** What travels: JSON as GitHub reads and writes it. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json | undefined }
export type JsonObject = { readonly [key: string]: Json | undefined }

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** GitHub's time stamps: UTC, whole seconds. */
export function isoTime(date: Date): string
export function isoTime(date: Date | null): string | null
export function isoTime(date: Date | null): string | null {
  return date === null ? null : `${date.toISOString().slice(0, 19)}Z`
}
