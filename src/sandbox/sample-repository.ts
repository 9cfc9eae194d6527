/** The files of a small project that Signalbox runs: what the demo plays on and most flows test with. */

const SIGNALBOX_YML = `version: 1
matrices:
  base_image:
    - { image: "nikolaik/python-nodejs:python3.12-nodejs22", tag: nikolaik }
    - { image: "ubuntu:24.04", tag: ubuntu }
pipelines:
  docker:
    on:
      push: { branches: [main] }
      tag: { include: ["*"], exclude: ["ext-v*"] }
      pull_request: {}
      merge_group: {}
      manual: {}
    concurrency: cancel
    jobs:
      app: { workflow: build-app.yml, image: openhands }
      runtime:
        workflow: build-runtime.yml
        image: runtime
        matrix: { base_image: $base_image }
        inputs: { base_image: "\${{ matrix.base_image.image }}", base_tag: "\${{ matrix.base_image.tag }}" }
      test-runtime:
        workflow: test-runtime.yml
        needs: [runtime]
        matrix: { base_image: $base_image }
        retries: { max: 1, delay: 1s }
        inputs: { base_tag: "\${{ matrix.base_image.tag }}" }
    gates:
      runtime-tests: { name: "All Runtime Tests Passed", needs: [test-runtime] }
images:
  openhands:
    repository: ghcr.io/\${{ repo.owner }}/openhands
    dockerfile: containers/app/Dockerfile
    build_args: { OPENHANDS_BUILD_VERSION: "\${{ image.version }}" }
  runtime:
    repository: ghcr.io/\${{ repo.owner }}/runtime
    dockerfile: containers/runtime/Dockerfile
    context: containers/runtime
    suffix: "\${{ matrix.base_image.tag }}"
previews:
  shop:
    label: deploy
    needs: [docker.app]
    repository: acme/deploy
    workflow: deploy.yml
    inputs: { number: "\${{ pr.number }}", sha: "\${{ sha }}" }
    teardown: { workflow: teardown.yml, inputs: { number: "\${{ pr.number }}" } }
    url: "https://shop-pr-\${{ pr.number }}.example.com"
`

/** An executor workflow: dispatched with its own inputs and with `signalbox`, which says what the leg is, to its steps too. */
function executorWorkflow(name: string, inputs: readonly string[], steps: readonly string[]): string {
  const declared = inputs.map((input) => `      ${input}: { type: string, required: true }\n`).join('')
  const environment = inputs.map((input) => `      ${input.toUpperCase()}: \${{ inputs.${input} }}\n`).join('')
  return `name: ${name}
run-name: "\${{ fromJSON(inputs.signalbox).attempt }} ${name} of \${{ fromJSON(inputs.signalbox).ref_name }}"
on:
  workflow_dispatch:
    inputs:
${declared}      signalbox: { type: string, required: true, description: What Signalbox tells this run. }
permissions:
  contents: read
jobs:
  ${name.toLowerCase().replaceAll(' ', '-')}:
    runs-on: ubuntu-latest
    env:
      SIGNALBOX: \${{ inputs.signalbox }}
${environment}    steps:
      - uses: actions/checkout@v4
        with:
          ref: \${{ fromJSON(inputs.signalbox).sha }}
          persist-credentials: false
${steps.map((step) => `      - run: ${step}\n`).join('')}`
}

/** Path → text, as `createRepository` takes them. Keyed so that a test can replace or remove single files. */
export function sampleRepository(): Record<string, string> {
  return {
    '.github/signalbox.yml': SIGNALBOX_YML,
    '.github/workflows/build-app.yml': executorWorkflow('Build app', [], ['signalbox build -i openhands --push']),
    '.github/workflows/build-runtime.yml': executorWorkflow(
      'Build runtime',
      ['base_image', 'base_tag'],
      [
        'signalbox runtime-image --base-image "$BASE_IMAGE" --build-folder containers/runtime',
        'signalbox build -i runtime --push',
      ],
    ),
    '.github/workflows/test-runtime.yml': executorWorkflow(
      'Test runtime',
      ['base_tag'],
      ['pytest -raRs --reruns 2 --reruns-delay 5 tests/runtime'],
    ),
    'README.md': '# Shop\n\nA small project that Signalbox runs.\n',
    'pyproject.toml': '[tool.poetry]\nname = "shop"\nversion = "1.4.0"\n',
    'src/shop.py': 'def total(prices):\n    return sum(prices)\n',
    'tests/runtime/test_shop.py': 'from shop import total\n\n\ndef test_total():\n    assert total([1, 2]) == 3\n',
    'containers/app/Dockerfile': 'FROM python:3.12-slim\nCOPY src /app\nCMD ["python", "/app/shop.py"]\n',
  }
}

/** A workflow of the repository that deploys: dispatched with what the preview's `inputs` say, and nothing else. */
function previewWorkflow(name: string, inputs: readonly string[], script: string): string {
  const declared = inputs.map((input) => `      ${input}: { type: string, required: true }\n`).join('')
  const environment = inputs.map((input) => `      ${input.toUpperCase()}: \${{ inputs.${input} }}\n`).join('')
  return `name: ${name} preview
on:
  workflow_dispatch:
    inputs:
${declared}permissions:
  contents: read
concurrency: preview-\${{ inputs.number }}
jobs:
  ${name.toLowerCase()}:
    runs-on: ubuntu-latest
    env:
${environment}    steps:
      - uses: actions/checkout@v4
        with:
          persist-credentials: false
      - run: ${script}
`
}

/** The files of `acme/deploy`, which deploys the previews of the sample repository and takes them down. */
export function sampleDeployRepository(): Record<string, string> {
  return {
    '.github/workflows/deploy.yml': previewWorkflow('Deploy', ['number', 'sha'], './deploy "shop-pr-$NUMBER" "$SHA"'),
    '.github/workflows/teardown.yml': previewWorkflow('Teardown', ['number'], './teardown "shop-pr-$NUMBER"'),
    'README.md': '# Deploy\n\nPuts previews of the shop up, and takes them down.\n',
  }
}
