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

stale:                            # the options of actions/stale; see docs/stale.md
  schedule: "30 1 * * *"
  operations_per_run: 150
  sort_by: activity
  ascending: true
  debug_only: false
  keep_label: keep
  repo_token: ""
  enable_statistics: true
  activity: human
  bots: [acme-robot]
  only_waiting_for: author
  count_reactions: false
  count_mentions: false
  days_before_stale: 40
  days_before_issue_stale: 40
  days_before_pr_stale: 30
  days_before_close: 10
  days_before_issue_close: 10
  days_before_pr_close: 10
  stale_issue_message: "Nothing happened here for 40 days."
  stale_pr_message: "Nothing happened here for 30 days."
  close_issue_message: "Closed. Comment to have it opened again."
  close_pr_message: "Closed. Comment to have it opened again."
  stale_issue_label: Stale
  stale_pr_label: Stale
  close_issue_label: ""
  close_pr_label: ""
  close_issue_reason: not_planned
  exempt_labels: [roadmap, backlog]
  exempt_issue_labels: security
  exempt_pr_labels: [on-hold]
  only_labels: []
  only_issue_labels: []
  only_pr_labels: []
  any_of_labels: []
  any_of_issue_labels: []
  any_of_pr_labels: []
  only_issue_types: []
  exempt_milestones: [next]
  exempt_issue_milestones: []
  exempt_pr_milestones: []
  exempt_all_milestones: false
  exempt_all_issue_milestones: false
  exempt_all_pr_milestones: false
  exempt_assignees: []
  exempt_issue_assignees: []
  exempt_pr_assignees: []
  exempt_all_assignees: false
  exempt_all_issue_assignees: false
  exempt_all_pr_assignees: false
  exempt_authors: [ann]
  exempt_draft_pr: false
  include_only_assigned: false
  start_date: "2020-01-01"
  remove_stale_when_updated: true
  remove_issue_stale_when_updated: true
  remove_pr_stale_when_updated: true
  ignore_updates: false
  ignore_issue_updates: false
  ignore_pr_updates: false
  labels_to_add_when_unstale: [triage]
  labels_to_remove_when_stale: []
  labels_to_remove_when_unstale: []
  delete_branch: false
  rules:
    - { name: questions, labels: [question], days_before_stale: 14 }
    - { name: docs, paths: ["docs/**"], days_before_pr_stale: 90 }

cleanup:                          # see docs/cleanup.md
  workflow_runs:
    schedule: "0 0 1 * *"
    days: 30
    minimum_runs: 10
    workflows: ["*"]
    states: [active, deleted]
    conclusions: [success, failure, cancelled]
    branches: { main: { days: 90, minimum_runs: 50 } }
    deleted_workflows: true
    closed_pull_request_caches: true
    operations_per_run: 500
  images:
    schedule: "0 3 * * 0"
    repositories: ["ghcr.io/\${{ repo.owner }}/app"]
    keep: [latest]
    rules:
      - pull_requests: closed
      - { tags: ["v*"], keep_semver: { major: 3, minor: 2, patch: 1 } }
      - { tags: ["feature-*"], branches: deleted, older_than: 7d }
      - { buildcache: true, older_than: 30d }
      - { untagged: true, older_than: 7d }
      - { tags: ["main-*"], keep_latest: 20 }
    confirmed: true
    max_delete_percent: 50
    operations_per_run: 200
    workflow: signalbox-cleanup.yml

sweeps:
  tracking_issue: true            # one issue with the newest report of each sweep

override:                         # who may, beside the admins
  teams: [acme/release]
`
