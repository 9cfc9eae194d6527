/**
 * Reads one pipeline: what starts it, its jobs in an order in which they can start, and its gates. All its legs
 * together are bounded, since each is a check run that somebody has to be able to read. What is wrong is reported, and
 * whatever else is right is read nevertheless.
 */

import type { z } from 'zod'
import { type Gate, MAX_LEGS_PER_PIPELINE, type PathFilter, type Pipeline, type PipelineTriggers } from '../config.ts'
import { gateSchema, pipelineSchema } from '../config-schema.ts'
import type { ConfigDocument } from './config-document.ts'
import type { KeyPath } from './key-path.ts'
import { orderByNeeds } from './order-by-needs.ts'
import { quote } from './problem-wording.ts'
import { readJob } from './read-job.ts'
import { jobsOf, readNeeds } from './read-needs.ts'
import type { triggersSchema } from './trigger-schema.ts'

export function readPipeline(document: ConfigDocument, name: string): Pipeline {
  const path = ['pipelines', name]
  const { shape } = pipelineSchema
  const on = document.valid(shape.on, [...path, 'on'])
  const jobNames = new Set(document.keysOf([...path, 'jobs']))
  const jobs = [...jobNames].map((job) => readJob(document, { pipeline: name, job }, jobNames))
  const legs = jobs.reduce((total, job) => total + job.legs, 0)
  if (legs > MAX_LEGS_PER_PIPELINE) {
    const message = `${quote(name)} has ${legs} legs; a pipeline may have at most ${MAX_LEGS_PER_PIPELINE}`
    document.report(path, message, true)
  }
  const gateIds = document.keysOf([...path, 'gates'])
  return {
    name,
    on: on === null ? {} : readTriggers(on),
    concurrency: document.valid(shape.concurrency, [...path, 'concurrency']) ?? 'cancel',
    jobs: orderByNeeds(
      document,
      [...path, 'jobs'],
      jobs.map(({ job }) => job),
      'jobs',
    ),
    gates: gateIds.map((id) => readGate(document, [...path, 'gates', id], id, jobNames)),
  }
}

function readTriggers(on: z.output<typeof triggersSchema>): PipelineTriggers {
  const { push, tag, pull_request: pullRequest, merge_group: mergeGroup, manual } = on
  return {
    ...(push !== undefined && { push: { branches: push?.branches ?? [], paths: readPaths(push) } }),
    ...(tag !== undefined && { tag: { include: tag?.include ?? [], exclude: tag?.exclude ?? [] } }),
    ...(pullRequest !== undefined && {
      pullRequest: {
        branches: pullRequest?.branches ?? [],
        paths: readPaths(pullRequest),
        drafts: pullRequest?.drafts ?? true,
      },
    }),
    ...(mergeGroup !== undefined && { mergeGroup: { branches: mergeGroup?.branches ?? [] } }),
    ...(manual !== undefined && { manual: {} }),
  }
}

function readPaths(trigger: { paths?: string[] | undefined; paths_ignore?: string[] | undefined } | null): PathFilter {
  return { include: trigger?.paths ?? [], exclude: trigger?.paths_ignore ?? [] }
}

function readGate(document: ConfigDocument, path: KeyPath, id: string, jobNames: ReadonlySet<string>): Gate {
  const { shape } = gateSchema
  const needs = document.valid(shape.needs, [...path, 'needs']) ?? []
  return {
    id,
    name: document.valid(shape.name, [...path, 'name']) ?? '',
    needs: readNeeds(document, [...path, 'needs'], needs, jobsOf(jobNames)),
  }
}
