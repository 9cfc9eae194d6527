/**
 * Where the stories play: the sandbox GitHub with a repository and the one that deploys its previews, and Signalbox as
 * `signalbox start` runs it.
 */
import { sampleDeployRepository, sampleRepository } from '../../sandbox/sample-repository.ts'
import { type RunnerScript, type Sandbox, startSandbox } from '../../sandbox/sandbox.ts'
import { makeLog } from '../log.ts'
import { sandboxEnvironment } from '../sandbox-environment.ts'
import { type Serving, serve } from '../serve.ts'

export const REPOSITORY = 'acme/shop'
/** Deploys the previews of the other one. */
export const DEPLOY_REPOSITORY = 'acme/deploy'
/** Has write permission in both. */
export const MAINTAINER = 'ann'

export interface Stage {
  readonly github: Sandbox
  readonly serving: Serving
  readonly githubUrl: string
  readonly signalboxUrl: string
  /** What Signalbox logged as a warning or worse, as JSON lines. */
  readonly logged: readonly string[]
  close(): Promise<void>
}

export interface StageOptions {
  readonly runner: RunnerScript
  /** For the database; `:memory:` keeps it in memory. */
  readonly dataDirectory: string
}

export async function openStage({ runner, dataDirectory }: StageOptions): Promise<Stage> {
  const github = await startSandbox({ runner })
  const logged: string[] = []
  try {
    const log = makeLog('warn', { write: (line) => void logged.push(line.trimEnd()) })
    const serving = await serve(sandboxEnvironment(github, dataDirectory), log)
    const signalboxUrl = `http://127.0.0.1:${serving.port}`
    github.setWebhook({ url: `${signalboxUrl}/api/github/webhooks` })
    createRepository(github, REPOSITORY, sampleRepository())
    createRepository(github, DEPLOY_REPOSITORY, sampleDeployRepository())
    await github.settle()
    const close = async () => {
      await serving.stop()
      await github.stop()
    }
    return { github, serving, githubUrl: `http://${github.host}`, signalboxUrl, logged, close }
  } catch (error) {
    await github.stop()
    throw error
  }
}

function createRepository(github: Sandbox, repository: string, files: Record<string, string>): void {
  const [owner = '', name = ''] = repository.split('/')
  github.createRepository({ owner, name, files, collaborators: { [MAINTAINER]: 'write' } })
}
