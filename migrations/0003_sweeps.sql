-- Repositories whose configuration has sweeps, and what is known of them.
create table swept_repositories (
  repo_id         bigint primary key,
  installation_id bigint not null,
  repo            jsonb not null,
  schedules       jsonb not null,
  -- Lower case. News of an item that has one of these is looked at between sweeps.
  stale_labels    text[] not null,
  images_on_close boolean not null,
  tracking_issue  integer
);
create index swept_repositories_of_installation on swept_repositories (installation_id);

-- When people pushed to pull requests, which GitHub tells only as it happens. Of each person the latest push.
create table item_pushes (
  repo_id bigint not null,
  number  integer not null,
  by      text not null,
  at      timestamptz not null,
  primary key (repo_id, number, by)
);

-- Sweeps, at work and over. At most one of a kind and target is open in a repository.
create table sweeps (
  id         text primary key,
  repo_id    bigint not null,
  installation_id bigint not null,
  repo       jsonb not null,
  kind       text not null check (kind in ('stale', 'runs', 'images')),
  -- Of images: registry/path; empty: the repository itself.
  target     text not null default '',
  state      text not null default 'open' check (state in ('open', 'done', 'stopped', 'failed')),
  -- Who goes on with it: only the newest holder may write.
  holder     text not null,
  started_at timestamptz not null,
  ended_at   timestamptz,
  requests   integer not null default 0,
  points     integer not null default 0,
  stopped    text,
  -- Decisions and problems, as compressed JSON.
  report     bytea
);
create unique index sweeps_open on sweeps (repo_id, kind, target) where state = 'open';
create index sweeps_by_age on sweeps (started_at);
create index sweeps_of_repository on sweeps (repo_id, started_at desc);

-- What a sweep began, and what became of it. Null: begun, and its end is not known.
create table sweep_outcomes (
  sweep_id text not null references sweeps on delete cascade,
  subject  text not null,
  position bigint generated always as identity,
  -- While it is begun: done, or perhaps done, in the whole sweep.
  operations integer not null default 0,
  outcome  jsonb,
  primary key (sweep_id, subject)
);

-- Manifests of images that were read: what a digest names never changes.
create table manifests (
  digest     text primary key,
  media_type text not null,
  children   text[] not null,
  subject    text,
  -- Digest of what it is a copy of that was made to take a tag away; null: it is no such copy.
  copy_of    text,
  -- Bytes of the blobs that it names itself; null: not known.
  size       bigint,
  -- Whether it was looked when it was made; null where it is not known, or it does not say.
  is_dated   boolean not null default false,
  created_at timestamptz,
  used_at    timestamptz not null default now()
);
create index manifests_by_use on manifests (used_at);
