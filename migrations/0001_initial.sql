-- Deliveries: webhook requests as GitHub sent them. The body is zstd-compressed; TOAST would only compress it once more.
create table deliveries (
  id          text primary key,
  event       text not null,
  body        bytea not null,
  state       text not null default 'received' check (state in ('received', 'done', 'failed')),
  note        text,
  received_at timestamptz not null default now(),
  finished_at timestamptz
);
alter table deliveries alter column body set storage external;
-- Most bodies have a few kilobytes then: they are kept in the row, without a second table and index to write.
alter table deliveries set (toast_tuple_target = 8160);
create index deliveries_received_at on deliveries (received_at);

-- Deliveries that were stored together and have no jobs yet: storing a burst must not wait for a job for each.
create table arrivals (
  id           bigint generated always as identity primary key,
  delivery_ids text[] not null
);

create table installations (
  id        bigint primary key,
  account   text not null,
  suspended boolean not null default false
);

-- The gates of the last good configuration of each repository.
create table repositories (
  id         bigint primary key,
  good_gates jsonb not null
);

create table runs (
  id              text primary key,
  repo_id         bigint not null,
  installation_id bigint not null,
  pipeline        text not null,
  -- What makes two triggers the same; with the generation, for a pull request that was closed and reopened.
  trigger_key     text not null,
  generation      integer not null,
  trigger         jsonb not null,
  trusted         boolean not null,
  sha             text not null,
  pull_request    integer,
  base_ref        text,
  concurrency     text not null,
  skipped         text,
  problem         text,
  cancel          jsonb,
  open            boolean not null default true,
  conclusion      text,
  reconcile       boolean not null default false,
  created_at      timestamptz not null default now(),
  concluded_at    timestamptz,
  unique (repo_id, pipeline, trigger_key, generation)
);
create index runs_open on runs (installation_id, repo_id) where open;
create index runs_of_pull_request on runs (repo_id, pull_request) where open and pull_request is not null;
create index runs_of_commit on runs (repo_id, sha);

create table legs (
  id            text primary key,
  run_id        text not null references runs on delete cascade,
  position      integer not null,
  plan          jsonb not null,
  first_attempt integer not null default 1,
  unique (run_id, position)
);

create table gates (
  id       text primary key,
  run_id   text not null references runs on delete cascade,
  position integer not null,
  plan     jsonb not null,
  unique (run_id, position)
);

create table attempts (
  id                  text primary key,
  leg_id              text not null references legs on delete cascade,
  run_id              text not null references runs on delete cascade,
  number              integer not null,
  intended_at         timestamptz not null,
  outcome             text not null default 'intended' check (outcome in ('intended', 'dispatched', 'refused', 'lost')),
  refusal             text,
  searched_at         timestamptz,
  workflow_run_id     bigint,
  run_attempt         integer not null default 0,
  url                 text,
  status              text check (status in ('queued', 'in_progress', 'completed')),
  conclusion          text,
  started_at          timestamptz,
  completed_at        timestamptz,
  failed_jobs         jsonb not null default '[]',
  cancel_requested_at timestamptz,
  cancel_requests     integer not null default 0,
  unique (leg_id, number)
);
create index attempts_of_run on attempts (run_id);
create unique index attempts_workflow_run on attempts (workflow_run_id) where workflow_run_id is not null;

-- The check run of each leg and gate. A row without a node id is one whose creation was begun.
create table checks (
  subject_id text primary key,
  run_id     text not null references runs on delete cascade,
  node_id    text,
  digest     text
);
create index checks_of_run on checks (run_id);
