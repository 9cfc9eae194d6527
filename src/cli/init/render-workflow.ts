/**
 * Renders the workflows of `templates/workflows/`. Their tags are `[= … =]`, `[% … %]` and `[# … #]`, because `${{ … }}`
 * belongs to GitHub Actions. The `yaml` filter quotes what YAML would read otherwise, so that a value is always one value.
 */
import { fileURLToPath } from 'node:url'
import nunjucks from 'nunjucks'
import { stringify } from 'yaml'
import type { WorkflowPlan } from '../../domain/scaffold/workflow-plans.ts'

const TEMPLATES = fileURLToPath(new URL('../../../templates/workflows/', import.meta.url))
const environment = new nunjucks.Environment(new nunjucks.FileSystemLoader(TEMPLATES), {
  autoescape: false,
  throwOnUndefined: true,
  trimBlocks: true,
  lstripBlocks: true,
  tags: {
    blockStart: '[%',
    blockEnd: '%]',
    variableStart: '[=',
    variableEnd: '=]',
    commentStart: '[#',
    commentEnd: '#]',
  },
})
environment.addFilter('yaml', (value: string) => {
  // As a list on one line has it, which is the strictest place: it may stand anywhere then.
  const inList = stringify([value], { lineWidth: 0, collectionStyle: 'flow', flowCollectionPadding: false })
  return inList.trim().slice(1, -1)
})

export function renderWorkflow({ template, values }: Omit<WorkflowPlan, 'file'>): string {
  // What a macro ends with and what follows its call are two line ends, where one is meant; no template has an empty line.
  return `${environment
    .render(template, values)
    .replaceAll(/\n\s*\n/g, '\n')
    .trim()}\n`
}
