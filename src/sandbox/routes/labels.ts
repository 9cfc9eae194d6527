/** The labels of a repository. */
import { paginate } from '../http/paging.ts'
import { invalidField, Problem } from '../http/problem.ts'
import { param, type Route, repositoryRoute } from '../http/router.ts'
import type { JsonObject } from '../json.ts'
import { createLabel, findLabel } from '../labels.ts'
import { renderLabel } from '../render/conversation.ts'

const READ = { issues: 'read', pull_requests: 'read' } as const
const WRITE = { issues: 'write', pull_requests: 'write' } as const
const MAX_NAME = 50
const MAX_DESCRIPTION = 100

function readLabel({ name, color, description }: JsonObject) {
  if (typeof name !== 'string' || name.trim() === '') throw invalidField('Label', 'name', "name can't be blank")
  if ([...name].length > MAX_NAME)
    throw invalidField('Label', 'name', `name is too long (maximum is ${MAX_NAME} characters)`)
  if (color !== undefined && !(typeof color === 'string' && /^[\da-f]{6}$/i.test(color)))
    throw invalidField('Label', 'color', 'color is invalid')
  if (typeof description === 'string' && [...description].length > MAX_DESCRIPTION)
    throw invalidField('Label', 'description', `description is too long (maximum is ${MAX_DESCRIPTION} characters)`)
  return {
    name,
    ...(color === undefined ? {} : { color: color.toLowerCase() }),
    description: typeof description === 'string' ? description : null,
  }
}

export const labelRoutes: readonly Route[] = [
  repositoryRoute('GET', '/labels', READ, (call, repository) => {
    const labels = [...repository.labels.values()].sort((a, b) => a.name.localeCompare(b.name))
    const page = paginate(call, labels)
    const body = page.items.map((label) => renderLabel(call.world, repository, label))
    return { status: 200, headers: page.headers, body }
  }),
  repositoryRoute('POST', '/labels', WRITE, (call, repository) => {
    const wanted = readLabel(call.body)
    if (repository.labels.has(wanted.name.toLowerCase()))
      throw new Problem(422, 'Validation Failed', [{ resource: 'Label', code: 'already_exists', field: 'name' }])
    const label = createLabel(call.world, repository, wanted)
    return { status: 201, body: renderLabel(call.world, repository, label) }
  }),
  repositoryRoute('GET', '/labels/{name}', READ, (call, repository) => {
    return { status: 200, body: renderLabel(call.world, repository, findLabel(repository, param(call, 'name'))) }
  }),
]
