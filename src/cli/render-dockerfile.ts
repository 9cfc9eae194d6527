/**
 * Renders Dockerfiles from templates: ours, or a repository's own. A template is a program, and a repository's runs
 * with the rights of who starts the command: on their own machine or runner, never in the app.
 */
import { stat } from 'node:fs/promises'
import { basename, dirname, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import type nunjucks from 'nunjucks'
import { appDockerfileParameters, runtimeDockerfileParameters } from '../domain/dockerfile-parameters.ts'
import type { AppImageSettings, RuntimeDockerfileRequest } from '../domain/dockerfile-settings.ts'
import { UsageError } from '../domain/errors.ts'
import { dockerfileFilters } from './render-dockerfile/filters.ts'
import { templateLoader } from './render-dockerfile/template-loader.ts'

export type { AppImageSettings, RuntimeDockerfileRequest } from '../domain/dockerfile-settings.ts'

const OURS = fileURLToPath(new URL('../../templates/dockerfiles/', import.meta.url))

/**
 * The Dockerfile of a runtime image. Its context has the sources and the lock files below `code/`.
 * @throws {UsageError} for a parameter that would break out of its instruction, or a template that cannot be rendered.
 */
export async function renderRuntimeDockerfile(request: RuntimeDockerfileRequest): Promise<string> {
  const parameters = runtimeDockerfileParameters(request)
  return await render(request.template, 'runtime.Dockerfile.njk', parameters)
}

/** The Dockerfile of an application image. Its context is the repository. */
export async function renderAppDockerfile(settings: Partial<AppImageSettings> = {}): Promise<string> {
  return await render(null, 'app.Dockerfile.njk', appDockerfileParameters(settings))
}

/** The script behind which an application image runs; it stands in the repository at the settings' `entrypoint`. */
export async function renderEntrypoint(settings: Partial<AppImageSettings> = {}): Promise<string> {
  return await render(null, 'entrypoint.sh.njk', appDockerfileParameters(settings))
}

/** @param template Absolute path of the repository's own; null: ours with this name. */
async function render(template: string | null, ours: string, parameters: object): Promise<string> {
  if (template !== null) await mustBeFile(template)
  const { default: engine } = await import('nunjucks')
  const environment = new engine.Environment(templateLoader(OURS, template === null ? null : dirname(template)), {
    // Not HTML: what may stand in a Dockerfile is checked before, and quoted by filters.
    autoescape: false,
    throwOnUndefined: true,
    trimBlocks: true,
    lstripBlocks: true,
  })
  for (const [name, filter] of Object.entries(dockerfileFilters)) environment.addFilter(name, filter)
  const name = template === null ? `signalbox/${ours}` : basename(template)
  return await renderNamed(environment, name, parameters).catch((error: unknown) => {
    if (template === null) throw error
    const reason = error instanceof Error ? error.message.trim() : String(error)
    const known = Object.keys(parameters).join(', ')
    throw new UsageError(
      `the template ${template} cannot be rendered: ${reason}; what it can name is ${known}; correct it, or leave "template" out`,
      { cause: error },
    )
  })
}

async function mustBeFile(template: string): Promise<void> {
  const found = await stat(resolve(template)).catch(() => null)
  if (found?.isFile() !== true) {
    throw new UsageError(`there is no template ${template}; name a file of the repository, or leave "template" out`)
  }
}

function renderNamed(environment: nunjucks.Environment, name: string, parameters: object): Promise<string> {
  return new Promise((done, failed) => {
    environment.render(name, parameters, (error, text) => {
      if (error) failed(error)
      else done(text === null || text.endsWith('\n') ? (text ?? '') : `${text}\n`)
    })
  })
}
