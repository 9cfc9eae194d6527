/** The pages behind `html_url`: a line or two for whoever follows a link from a check run or the demo. */

import { Problem } from './http/problem.ts'
import type { CheckConclusion } from './model.ts'
import { findRepository } from './repositories.ts'
import type { World } from './world.ts'

export interface PlainPage {
  readonly status: number
  readonly text: string
}

const NOTICE = "This is Signalbox's sandbox, a local stand-in for GitHub. Nothing was really built or tested."

function page(lines: readonly string[]): PlainPage {
  return { status: 200, text: `${[...lines, '', NOTICE].join('\n')}\n` }
}

function ending(one: { status: string; conclusion: CheckConclusion | null }): string {
  return one.conclusion === null ? one.status : `${one.status}: ${one.conclusion}`
}

export function renderPage(world: World, path: string): PlainPage {
  const [, owner, name, ...rest] = path.split('/')
  try {
    const repository = findRepository(world, `${owner}/${name}`)
    const run = /^actions\/runs\/(\d+)/.exec(rest.join('/'))
    const workflowRun = repository.workflowRuns.get(Number(run?.[1]))
    const attempt = workflowRun?.attempts.at(-1)
    if (workflowRun !== undefined && attempt !== undefined) {
      const title = `Simulated workflow run ${workflowRun.id} of ${owner}/${name}`
      const jobs = attempt.jobs.map((job) => `  job ${job.name}: ${ending(job)}`)
      return page([title, workflowRun.displayTitle, ending(attempt), `attempt ${attempt.attempt}`, ...jobs])
    }
    const check = /^runs\/(\d+)/.exec(rest.join('/'))
    const checkRun = repository.checkRuns.get(Number(check?.[1]))
    if (checkRun !== undefined) {
      const text = [checkRun.title, checkRun.summary, checkRun.text].filter((part) => part !== null)
      return page([`Check run ${checkRun.name} of ${owner}/${name}`, ending(checkRun), '', ...text])
    }
    return page([path])
  } catch (error) {
    if (!(error instanceof Problem)) throw error
    return { status: 404, text: `Nothing here.\n\n${NOTICE}\n` }
  }
}
