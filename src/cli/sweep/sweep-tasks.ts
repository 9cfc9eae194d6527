/** What is swept for a command, made as the app makes it. */
import type { SweepFacts } from '../../app/sweep-facts.ts'
import { makeImageSweeps } from '../../app/sweep-images.ts'
import type { SweepTask } from '../../app/sweep-job.ts'
import { makeRunsSweep } from '../../app/sweep-runs.ts'
import { makeStaleSweep } from '../../app/sweep-stale.ts'
import { UsageError } from '../../domain/errors.ts'
import type { SweepKind } from '../../domain/sweep.ts'
import type { ManifestMemory, OpenImageRepository } from '../../ports/sweeps.ts'
import type { Clock } from '../../ports.ts'
import type { OpenedSubject } from './sweep-subject.ts'

export interface TaskOptions {
  readonly subject: OpenedSubject
  readonly facts: SweepFacts
  readonly clock: Clock
  readonly manifests: ManifestMemory
  readonly openImages: OpenImageRepository
}

/** @throws {UsageError} when the configuration wants no such sweep. */
export async function makeSweepTasks(kind: SweepKind, options: TaskOptions): Promise<readonly SweepTask[]> {
  const { subject, facts, clock } = options
  const { repo, sweepGitHub: github, config } = subject
  const common = { github, repo, clock }
  switch (kind) {
    case 'stale': {
      if (config.stale === null) throw withoutSection(subject, 'stale')
      const exempt = await exemptIssues(options)
      const pushes = async () => facts.pushes
      const sweep = makeStaleSweep({ ...common, config: config.stale, exempt, only: null, pushes })
      return [{ kind, target: null, sweep }]
    }
    case 'runs': {
      const { workflowRuns } = config.cleanup
      if (workflowRuns === null) throw withoutSection(subject, 'cleanup.workflow_runs')
      const sweep = makeRunsSweep({ ...common, config: workflowRuns, inUse: facts.workflowRunsInUse })
      return [{ kind, target: null, sweep }]
    }
    case 'images':
      if (config.cleanup.images === null) throw withoutSection(subject, 'cleanup.images')
      return makeImageSweeps({
        ...common,
        config,
        installation: subject.github,
        openImages: options.openImages,
        store: { manifests: options.manifests, previewedCommits: async () => facts.previewedCommits },
      })
  }
}

function withoutSection({ repo }: OpenedSubject, section: string): UsageError {
  return new UsageError(`${repo.owner}/${repo.name} has no section «${section}» in .github/signalbox.yml.`)
}

/** Where the reports are. */
async function exemptIssues({ subject, facts }: TaskOptions): Promise<ReadonlySet<number>> {
  const { config, sweepGitHub, repo } = subject
  const configured = config.trackingIssue?.kind === 'number' ? [config.trackingIssue.number] : []
  const known = facts.trackingIssue ?? (await sweepGitHub.findOwnIssue(repo, 'Signalbox: sweeps'))
  return new Set([...configured, ...(known === null ? [] : [known])])
}
