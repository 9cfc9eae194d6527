/**
 * A configuration that uses every key, for the documentation. It shows each key where it means something, not a
 * repository that anybody has. Tests parse it, and hold it against the schema, so that no key is left out.
 */

export const COMPLETE_EXAMPLE = `version: 1
_extends: shared-ci               # optional: keys that are not here come from that repository's file

matrices:                         # lists that several jobs use
  base_image:
    - { image: "nikolaik/python-nodejs:python3.12-nodejs22", tag: nikolaik }
    - { image: "ubuntu:24.04", tag: ubuntu }

pipelines:
  docker:
    on:
      push: { branches: [main, "release/**", "!release/old/**"] }
      tag: { include: ["*"], exclude: ["ext-v*"] }
      pull_request:
        branches: [main]
        paths: ["containers/**", "src/**", "!src/**/*.md"]
        paths_ignore: ["**/testdata/**"]
        drafts: false
      merge_group:                # a trigger without settings may be left empty
      manual:
    concurrency: cancel
    jobs:
      app:
        workflow: build-app.yml
        image: app
        forks: build-only
      runtime:
        workflow: build-runtime.yml
        image: runtime
        matrix: { base_image: $base_image }
        max_parallel: 4
      enterprise:
        workflow: build-enterprise.yml
        needs: app
        ref: main
        forks: skip
      lint:                       # follows a workflow that GitHub starts by itself
        observe: { workflow: lint.yml }
      scan:                       # follows a check of another app
        observe: { check: CodeQL, app: github-advanced-security }
        forks: skip
      test-runtime:
        workflow: test-runtime.yml
        needs: [runtime]
        matrix:
          base_image: $base_image
          user: [root, openhands]
          exclude:
            - { base_image: { image: "ubuntu:24.04", tag: ubuntu }, user: root }
          include:
            - { user: root, workers: 2 }
        fail_fast: false
        retries: { max: 2, delay: 5s, only: flaky }
        timeout: 1h30m
        report: junit
        artifact: "results-\${{ matrix.base_image.tag }}-\${{ matrix.user }}"
        reuse: { inputs: ["src/**", "!src/**/*.md"], max_age: 7d }
        inputs:
          image: "ghcr.io/\${{ repo.owner }}/runtime:\${{ sha }}-\${{ matrix.base_image.tag }}"
          user: "\${{ matrix.user }}"
          workers: "\${{ matrix.workers }}"
          verbose: true
    gates:
      runtime-tests:
        name: All Runtime Tests Passed
        needs: [test-runtime, lint]

forks:                            # what pull requests from forks may do
  policy: approve
  start: observe
  trusted_authors: [octocat]
  members: true

label_actions:                    # workflows that a label starts
  lint-fix:
    workflow: lint-fix.yml
    ref: main
    inputs: { pull_request: "\${{ pr.number }}" }
    pushes: true
    timeout: 30m

previews:                         # deployments that a label asks for
  app:
    label: deploy
    needs: [docker.app]
    repository: acme/deploy
    workflow: deploy.yml
    ref: main
    inputs: { tag: "pr-\${{ pr.number }}" }
    redeploy: true
    teardown: { workflow: teardown.yml, ref: main, inputs: { number: "\${{ pr.number }}" } }
    environment: "preview/app/pr-\${{ pr.number }}"
    url: "https://pr-\${{ pr.number }}.preview.example.com"
    timeout: 1h

images:                           # what jobs with an image build; see docs/images.md
  app:
    repository: ghcr.io/\${{ repo.owner }}/app
    dockerfile: containers/app/Dockerfile
    context: .
    target: final
    platforms: [linux/amd64, linux/arm64]
    build_args: { VERSION: "\${{ image.version }}" }
    labels: { org.example.team: ci }
    cache: { repository: "ghcr.io/\${{ repo.owner }}/cache", mode: max }
    tags:
      rules: ["type=ref,event=branch", "type=semver,pattern={{version}}", type=sha]
      flavor: [latest=auto]
  runtime:
    repository: ghcr.io/\${{ repo.owner }}/runtime
    dockerfile: containers/runtime/Dockerfile
    context: containers/runtime
    tags: default
    suffix: "\${{ matrix.base_image.tag }}"
    needs: [app]
    runtime:
      tag_prefix: oh
      version: { file: pyproject.toml, key: tool.poetry.version }
      lock_files: [pyproject.toml, poetry.lock]
      source: openhands
      include: [microagents]
      ignore: [".*/", "__pycache__/", "*.pyc"]
      base_images: ["nikolaik/python-nodejs:python3.12-nodejs22", "ubuntu:24.04"]
      browser: true
      template: containers/runtime/Dockerfile.njk

pull_request_summary:
  place: comment
  commands:
    - title: Run it
      image: app
      command: docker run -it --rm \${{ image.repository }}:\${{ short_sha }}

override:                         # who may, beside the admins
  teams: [acme/release]
`
