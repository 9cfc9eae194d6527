/**
 * What can be set of the images that templates of ours build. Every setting has a default, which is OpenHands'. Programs
 * that are downloaded are named by version, with the sums of their files.
 */

/** A release of a program, with the sha256 of its file for each machine, as `uname -m` names it. */
export interface Download {
  readonly version: string
  readonly sha256: { readonly x86_64: string; readonly aarch64: string }
}

export interface ImageUser {
  readonly name: string
  readonly id: number
}

/** What can be set of a runtime image; each has OpenHands' value for a default. */
export interface RuntimeImageSettings {
  /** The user that the agent runs as. Another id if this one is taken by an account that no known base image made. */
  readonly user: ImageUser
  /** Holds everything that is installed beside the system. */
  readonly directory: string
  /** Copied before the dependencies are installed; paths below `code/` of the context. */
  readonly lockFiles: readonly string[]
  /** Copied last; paths below `code/` of the context. */
  readonly sources: readonly string[]
  /** Of `pyproject.toml`. */
  readonly dependencyGroups: readonly string[]
  readonly python: string
  readonly poetry: string
  /** Major version of Node.js, where the base image has none. */
  readonly node: string
  readonly micromamba: Download
  readonly uv: Download
  readonly vscode: Download
  /** Each directory in `directory`, below the sources, is an extension, installed as `<prefix><its name>`. */
  readonly vscodeExtensions: { readonly directory: string; readonly prefix: string }
  /** Who commits. */
  readonly git: { readonly name: string; readonly email: string }
  /** Null: unless the base image is a benchmark's. */
  readonly docker: boolean | null
}

export interface RuntimeDockerfileRequest extends Partial<RuntimeImageSettings> {
  /** The base image's name; for `versioned` and `lock` the image whose dependencies are reused. */
  readonly baseImage: string
  /** `versioned`: install dependencies again; `lock`: copy sources only. */
  readonly buildFrom: 'scratch' | 'versioned' | 'lock'
  readonly enableBrowser: boolean
  /** A command for `/bin/bash -c`, run as the user when all else is there. Null or empty: none. */
  readonly extraDeps: string | null
  /** Absolute path of the repository's own template; null: ours. */
  readonly template: string | null
}

/** What can be set of an application image; each has OpenHands' value for a default. */
export interface AppImageSettings {
  readonly nodeImage: string
  readonly pythonImage: string
  readonly poetry: string
  readonly user: ImageUser
  /** The user that `entrypoint.sh` makes for the id that it is told. */
  readonly endUser: string
  readonly frontend: string
  readonly sources: readonly string[]
  /** Beside `pyproject.toml` and `poetry.lock`. */
  readonly files: readonly string[]
  /** A Python program of the sources that fetches what is needed at run time; null: none. */
  readonly preparation: string | null
  readonly entrypoint: string
  /** What uvicorn serves: `module:attribute`. */
  readonly application: string
  readonly port: number
  readonly versionArgument: string
  readonly workspace: string
  readonly fileStore: string
  /** What `INSTALL_THIRD_PARTY_RUNTIMES=true` installs with pip. */
  readonly thirdPartyRuntimes: string
}

export const RUNTIME_IMAGE: RuntimeImageSettings = {
  user: { name: 'openhands', id: 1000 },
  directory: '/openhands',
  lockFiles: ['pyproject.toml', 'poetry.lock'],
  sources: ['openhands', 'microagents'],
  dependencyGroups: ['main', 'runtime'],
  python: '3.12',
  poetry: '2.1.3',
  node: '22',
  micromamba: {
    version: '2.9.0-0',
    sha256: {
      x86_64: '366cd9cd8be14df1ab8ed50352a82111082a36686b2d389fdb79a92c3fafb3e3',
      aarch64: '9f93b974adcb4d166996af969b6cd371287d1a3e52733704727884d9b74cb7a7',
    },
  },
  uv: {
    version: '0.12.7',
    sha256: {
      x86_64: '788f18abea7c5f55d6216e4f5613fd89d4d59b631efeec117b2b07fe72f1da21',
      aarch64: '66393193038dd7eb108abd7a218d9cec04ac70ab98242b0720fa94de19223b7c',
    },
  },
  vscode: {
    version: '1.109.5',
    sha256: {
      x86_64: 'b433bf4f0227321a7014d8460d10a8f958adc0f45aa79bd889e84e65e8f88363',
      aarch64: '36d9c14036489b63de84ebace837fcacf7e60e669a0dc715802c5443684ea4dc',
    },
  },
  vscodeExtensions: { directory: 'openhands/runtime/utils/vscode-extensions', prefix: 'openhands-' },
  git: { name: 'openhands', email: 'openhands@all-hands.dev' },
  docker: null,
}

export const APP_IMAGE: AppImageSettings = {
  nodeImage: 'node:24.3.0-bookworm-slim',
  pythonImage: 'python:3.12.10-slim',
  poetry: '2.1.3',
  user: { name: 'openhands', id: 42420 },
  endUser: 'enduser',
  frontend: 'frontend',
  sources: ['microagents', 'openhands'],
  files: ['README.md', 'MANIFEST.in', 'LICENSE'],
  preparation: 'openhands/core/download.py',
  entrypoint: 'containers/app/entrypoint.sh',
  application: 'openhands.server.listen:app',
  port: 3000,
  versionArgument: 'OPENHANDS_BUILD_VERSION',
  workspace: '/opt/workspace_base',
  fileStore: '/.openhands',
  thirdPartyRuntimes: 'openhands-ai[third_party_runtimes]',
}
