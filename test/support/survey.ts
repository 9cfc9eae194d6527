import type { Survey } from '../../src/domain/scaffold/survey.ts'

/** A repository of these files, path → text, as `signalbox init` would have found it. */
export function makeSurvey(files: Readonly<Record<string, string>>, known: Partial<Survey> = {}): Survey {
  return {
    files: new Set(Object.keys(files)),
    texts: new Map(Object.entries(files)),
    defaultBranch: 'main',
    repository: { owner: 'acme', name: 'shop' },
    notes: [],
    ...known,
  }
}
