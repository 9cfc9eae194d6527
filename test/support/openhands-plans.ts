/** The executor workflows of examples/openhands that are templates of Signalbox, and what they are rendered with. */
import type { WorkflowPlan } from '../../src/domain/scaffold/workflow-plans.ts'

const POETRY = 'pipx install poetry==2.1.3'
const HOOKS = 'pipx run pre-commit==3.7.0 run --all-files --config ./dev_config/python/.pre-commit-config.yaml'
const shared = { runner: 'ubuntu-24.04', cli: null }

const python = { directory: '.', toolchain: 'python', version: '3.12', versionFile: null, install: [] }
const frontend = {
  id: 'frontend',
  title: 'Frontend',
  directory: 'frontend',
  toolchain: 'node',
  version: '22',
  versionFile: null,
  install: ['npm ci'],
}

export const OPENHANDS_PLANS: readonly WorkflowPlan[] = [
  { file: 'build-app.yml', template: 'build-image.yml', values: { ...shared, title: 'Build app image' } },
  { file: 'build-enterprise.yml', template: 'build-image.yml', values: { ...shared, title: 'Build enterprise image' } },
  {
    file: 'build-runtime.yml',
    template: 'build-runtime.yml',
    values: { ...shared, title: 'Build runtime image', buildFolder: 'containers/runtime' },
  },
  {
    file: 'test-runtime.yml',
    template: 'test-runtime.yml',
    values: {
      ...shared,
      title: 'Test runtime image',
      buildFolder: 'containers/runtime',
      buildWorkflow: 'build-runtime.yml',
      testArguments: 'tests/runtime --ignore=tests/runtime/test_browsergym_envs.py --durations=10',
      project: {
        ...python,
        install: [
          POETRY,
          'make install-python-dependencies POETRY_GROUP=main,test,runtime INSTALL_PLAYWRIGHT=0',
          'poetry run pip install pytest-xdist==3.8.0 pytest-rerunfailures==15.1',
        ],
        pytest: 'poetry run pytest',
      },
    },
  },
  {
    file: 'lint.yml',
    template: 'lint.yml',
    values: {
      ...shared,
      title: 'Lint',
      about: 'Checks the style of the code, the types of the frontend, and that versions are what they should be.',
      projects: [
        {
          ...frontend,
          lint: ['npm run lint', 'npm run make-i18n && npx tsc', 'npm run check-translation-completeness'],
        },
        { ...python, id: 'python', title: 'Python', lint: [`${HOOKS} --show-diff-on-failure`] },
        {
          ...python,
          id: 'versions',
          title: 'Versions',
          lint: [
            'python .github/scripts/check_version_consistency.py',
            // A dependency is a released version, a tag or a branch: never a commit.
            `! grep -nE 'rev *= *"[0-9a-fA-F]{7,40}"' pyproject.toml`,
          ],
        },
      ],
    },
  },
  {
    file: 'lint-fix.yml',
    template: 'lint-fix.yml',
    values: {
      ...shared,
      title: 'Lint fix',
      projects: [
        { ...frontend, fix: ['npm run lint:fix'] },
        { ...python, id: 'python', title: 'Python', fix: [`${HOOKS} || true`] },
      ],
    },
  },
  {
    file: 'frontend-tests.yml',
    template: 'test.yml',
    values: {
      ...shared,
      title: 'Frontend tests',
      about: 'Compiles and tests the frontend, with the version of Node.js that the leg says.',
      doing: 'frontend tests of',
      inputs: [{ name: 'node_version', description: 'The version of Node.js.' }],
      projects: [
        {
          ...frontend,
          version: '${{ inputs.node_version }}',
          test: ['npm run make-i18n && npx tsc', 'npm run test:coverage'],
        },
      ],
    },
  },
]
