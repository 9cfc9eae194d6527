-- Plans and triggers of the first version, in the shape of this one.
update legs set plan = (plan - 'workflow' - 'ref') || jsonb_build_object(
    'start', jsonb_build_object('kind', 'dispatch', 'workflow', plan->'workflow', 'ref', plan->'ref'),
    'hold', null, 'buildOnly', false, 'toldInputs', null, 'report', null, 'reuse', null,
    'retries', (plan->'retries') || '{"only": "any"}')
  where plan ? 'workflow';
update runs set trigger = jsonb_set(trigger, '{pullRequest}', (trigger->'pullRequest') ||
    '{"author": "ghost", "association": "NONE", "labels": [], "maintainersMayPush": false}')
  where trigger->>'kind' = 'pull_request' and not trigger->'pullRequest' ? 'author';
-- Legs of forks that were planned before approval existed go on waiting for it.
update legs set plan = jsonb_set(plan, '{hold}', '"approval"')
  where run_id in (select id from runs where not trusted);

-- What a check on a changed configuration says.
alter table runs add column verdict jsonb;

-- What an observed leg follows, its test results, and how it fared before the run began.
alter table legs add column observed jsonb;
alter table legs add column report jsonb;
alter table legs add column retag text check (retag in ('done', 'failed'));
alter table legs add column history jsonb not null default '{"runs": 0, "flaky": 0}';

-- Which annotations the check run shows already: GitHub only ever adds to them.
alter table checks add column annotated text;

-- Pull requests that something is to be done about: the subject of the job pull-request:<repo_id>#<number>.
create table pull_requests (
  repo_id         bigint not null,
  number          integer not null,
  installation_id bigint not null,
  repo            jsonb not null,
  open            boolean not null default true,
  -- Whether what its check runs show matters to it: to its summary, its previews.
  watches_runs    boolean not null default true,
  primary key (repo_id, number)
);
create index pull_requests_open on pull_requests (repo_id) where open;
insert into pull_requests (repo_id, number, installation_id, repo)
  select distinct on (repo_id, pull_request) repo_id, pull_request, installation_id, trigger->'repo'
  from runs where open and pull_request is not null
  order by repo_id, pull_request, created_at desc;

-- The runs of a pull request, open or not.
drop index runs_of_pull_request;
create index runs_of_pull_request on runs (repo_id, pull_request, created_at desc) where pull_request is not null;

-- A maintainer's word, bound to one commit of one pull request into one branch: its author may choose another at any time.
create table approvals (
  repo_id      bigint not null,
  pull_request integer not null,
  sha          text not null,
  base_ref     text not null,
  by           text not null,
  via          text not null check (via in ('comment', 'label')),
  at           timestamptz not null,
  primary key (repo_id, pull_request, sha, base_ref)
);

create table overrides (
  repo_id      bigint not null,
  pull_request integer not null,
  sha          text not null,
  base_ref     text not null,
  gate         text not null,
  by           text not null,
  reason       text not null,
  at           timestamptz not null,
  primary key (repo_id, pull_request, sha, base_ref, gate)
);

-- Who did what by our hands, and why. Never changed, never removed by us.
create table audit (
  id           bigint generated always as identity primary key,
  at           timestamptz not null,
  repo_id      bigint not null,
  repo         jsonb not null,
  pull_request integer,
  actor        text not null,
  action       text not null,
  subject      text not null,
  detail       text not null default ''
);
create index audit_of_repo on audit (repo_id, at);

-- Comments with commands. A row is written before anything is done about them.
create table commands (
  repo_id      bigint not null,
  comment_id   bigint not null,
  pull_request integer not null,
  author       text not null,
  -- Null while at work; what was done and said, when done.
  outcome      jsonb,
  primary key (repo_id, comment_id)
);
create index commands_of_pull_request on commands (repo_id, pull_request);

-- What somebody was told on a pull request about a label that was refused: the same thing once, of the first labelling.
create table refused_labels (
  repo_id      bigint not null,
  pull_request integer not null,
  login        text not null,
  reason       text not null,
  labeling_id  text not null,
  primary key (repo_id, pull_request, login, reason)
);

-- The comments that we keep up to date, and the block in the description. A row without a comment id is one whose creation was begun.
create table sticky_comments (
  repo_id      bigint not null,
  pull_request integer not null,
  kind         text not null,
  comment_id   bigint,
  digest       text,
  -- A person removed it: it is left alone.
  removed      boolean not null default false,
  primary key (repo_id, pull_request, kind)
);

-- Each dispatch of a preview's workflow, in order.
create table deployments (
  id              text primary key,
  repo_id         bigint not null,
  pull_request    integer not null,
  preview         text not null,
  number          integer not null,
  kind            text not null check (kind in ('deploy', 'teardown')),
  sha             text not null,
  -- What asked for it: the labelling's or the comment's id.
  request         text not null,
  target          jsonb not null,
  intended_at     timestamptz not null,
  outcome         text not null default 'intended' check (outcome in ('intended', 'dispatched', 'refused', 'lost')),
  refusal         text,
  searched_at     timestamptz,
  workflow_run_id bigint unique,
  run_attempt     integer not null default 0,
  url             text,
  status          text check (status in ('queued', 'in_progress', 'completed')),
  conclusion      text,
  completed_at    timestamptz,
  -- GitHub's deployment, and the last state that it was told.
  github_id       bigint,
  told            text,
  unique (repo_id, pull_request, preview, number)
);

-- The newest command that asked for a deployment of each preview.
create table preview_requests (
  repo_id      bigint not null,
  pull_request integer not null,
  preview      text not null,
  -- Names the command's comment.
  request      text not null,
  by           text not null,
  at           timestamptz not null,
  primary key (repo_id, pull_request, preview)
);

-- What each leg ended as, for its rate of flakiness.
create table leg_results (
  leg_id  text primary key references legs on delete cascade,
  repo_id bigint not null,
  name    text not null,
  result  text not null check (result in ('passed', 'failed', 'flaky')),
  at      timestamptz not null
);
create index leg_results_of_leg on leg_results (repo_id, name, at desc);

-- The tests that failed in a leg: `flaky` where the leg passed later on the same commit.
create table test_results (
  leg_id text not null references legs on delete cascade,
  test   text not null,
  result text not null check (result in ('failed', 'flaky')),
  primary key (leg_id, test)
);

-- Trusted legs that succeeded, by what decided their result.
create table reusable_results (
  repo_id    bigint not null,
  key        text not null,
  leg_id     text not null references legs on delete cascade,
  sha        text not null,
  url        text,
  image_tags jsonb not null default '[]',
  at         timestamptz not null,
  primary key (repo_id, key)
);
