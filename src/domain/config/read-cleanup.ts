/** Reads `cleanup` and `sweeps`. */

import type { z } from 'zod'
import type { CleanupConfig, TrackingIssue } from '../config.ts'
import type { ImageRetentionConfig } from '../image-retention.ts'
import { VALUE_PATHS } from '../interpolate.ts'
import type { RunRetentionConfig } from '../run-retention.ts'
import { cleanupSchema, type imageRetentionSchema, sweepsSchema, type workflowRunsSchema } from './cleanup-schema.ts'
import type { ConfigDocument } from './config-document.ts'
import { reportPaths } from './read-texts.ts'
import { parseDuration } from './value-schemas.ts'
import { workflowName } from './workflow-schema.ts'

const OWN_PATHS = Object.keys(VALUE_PATHS).filter((path) => path.startsWith('repo.'))

export function readCleanup(document: ConfigDocument): CleanupConfig {
  const spec = document.valid(cleanupSchema.optional(), ['cleanup'])
  for (const [index, text] of (spec?.images?.repositories ?? []).entries())
    reportPaths(document, ['cleanup', 'images', 'repositories', index], text, {
      paths: OWN_PATHS,
      why: 'which no repository of images can hold',
    })
  return {
    workflowRuns: spec?.workflow_runs ? toRunRetention(spec.workflow_runs) : null,
    images: spec?.images ? toImageRetention(spec.images) : null,
  }
}

export function readTrackingIssue(document: ConfigDocument): TrackingIssue | null {
  const issue = document.valid(sweepsSchema.optional(), ['sweeps'])?.tracking_issue ?? false
  if (issue === false) return null
  return issue === true ? { kind: 'own' } : { kind: 'number', number: issue }
}

export function toRunRetention(spec: z.output<typeof workflowRunsSchema>): RunRetentionConfig {
  return {
    schedule: spec.schedule ?? null,
    days: spec.days,
    minimumRuns: spec.minimum_runs,
    workflows: spec.workflows ?? [],
    states: spec.states ?? [],
    conclusions: spec.conclusions ?? [],
    branches: Object.entries(spec.branches ?? {}).map(([branch, keep]) => ({
      branch,
      days: keep.days ?? spec.days,
      minimumRuns: keep.minimum_runs ?? spec.minimum_runs,
    })),
    deletedWorkflows: spec.deleted_workflows,
    closedPullRequestCaches: spec.closed_pull_request_caches,
    operationsPerRun: spec.operations_per_run,
  }
}

export function toImageRetention(spec: z.output<typeof imageRetentionSchema>): ImageRetentionConfig {
  return {
    schedule: spec.schedule ?? null,
    repositories: spec.repositories ?? [],
    rules: (spec.rules ?? []).map((rule) => ({
      tags: rule.tags ?? [],
      keepLatest: rule.keep_latest ?? null,
      keepSemver: rule.keep_semver
        ? {
            major: rule.keep_semver.major ?? null,
            minor: rule.keep_semver.minor ?? null,
            patch: rule.keep_semver.patch ?? null,
          }
        : null,
      olderThanMs: rule.older_than === undefined ? null : parseDuration(rule.older_than),
      pullRequests: rule.pull_requests ?? null,
      branches: rule.branches ?? null,
      untagged: rule.untagged ?? false,
      buildcache: rule.buildcache ?? false,
    })),
    keep: spec.keep ?? [],
    confirmed: spec.confirmed,
    maxDeletePercent: spec.max_delete_percent,
    operationsPerRun: spec.operations_per_run,
    workflow: spec.workflow === undefined ? 'signalbox-cleanup.yml' : workflowName(spec.workflow),
  }
}
