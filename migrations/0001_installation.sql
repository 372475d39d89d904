-- The installation: what is read before a tenant is known. Each table carries its class as a comment:
-- 'tenant' (row-level security, tenant_id first in every key), 'reference' (small, shared), 'local' (of this installation).

-- The tenant of the running transaction. After a rollback the setting reads '' and not NULL, so nullif gives no tenant: no rows.
create function app_tenant() returns uuid language sql stable parallel safe
  return nullif(current_setting('app.tenant', true), '')::uuid;

create table tenant (
  tenant_id      uuid primary key,
  slug           text not null,
  name           text not null,
  profile        text not null default 'standard',
  region         text not null default '',
  time_zone      text not null default 'Europe/Amsterdam',
  locale         text not null default 'en',
  retention_days int  not null default 90,
  log_names      boolean not null default false,
  log_mail       boolean not null default false,
  edition        text not null default 'full',
  created_at     timestamptz not null,
  suspended_at   timestamptz,
  constraint tenant_slug_key unique (slug),
  constraint tenant_profile_known check (profile in ('standard', 'strict')),
  constraint tenant_locale_known check (locale in ('en', 'nl')),
  constraint tenant_edition_known check (edition in ('admin_free', 'suite_free', 'full')),
  constraint tenant_retention_bounds check (retention_days between 30 and 3650)
);
comment on table tenant is 'reference';

create table tenant_domain (
  domain    text primary key,
  tenant_id uuid not null references tenant
);
create index on tenant_domain (tenant_id);
comment on table tenant_domain is 'reference';

-- Operators are members of a home tenant with a right over the installation; staff grants give roles in other tenants.
create table operator (
  tenant_id  uuid not null references tenant,
  member_id  uuid not null,
  granted_at timestamptz not null,
  primary key (tenant_id, member_id)
);
comment on table operator is 'local';

create table staff_grant (
  tenant_id      uuid not null references tenant,
  home_tenant_id uuid not null references tenant,
  member_id      uuid not null,
  role           text not null,
  granted_at     timestamptz not null,
  primary key (tenant_id, home_tenant_id, member_id, role)
);
create index on staff_grant (home_tenant_id, member_id);
comment on table staff_grant is 'local';

-- A browser session. Only the hash of its id is stored; level and times stand in columns, written once when the row is made:
-- a change of privilege is a new row, so that a parallel request can never bring an old level back.
create table session (
  id_hash      bytea primary key,
  tenant_id    uuid references tenant,
  member_id    uuid,
  attempt_id   uuid,
  stage        text not null,
  level        smallint not null,
  epoch        int not null default 0,
  auth_at      timestamptz,
  factor_at    timestamptz,
  created_at   timestamptz not null,
  seen_at      timestamptz not null,
  idle_seconds int not null,
  ends_at      timestamptz not null,
  client_ip    text,
  user_agent   text,
  handle       uuid not null,
  data         jsonb not null default '{}',
  constraint session_stage_known check (stage in ('anonymous', 'sign_in', 'register', 'full')),
  constraint session_handle_key unique (handle)
);
create index on session (tenant_id, member_id);
create index on session (ends_at);
comment on table session is 'local';

-- Which tenant a session id belongs to. Unique in the installation, so that support can find an attempt by what was read out.
create table session_locator (
  session_id bigint primary key,
  tenant_id  uuid not null,
  attempt_id uuid not null,
  started_at timestamptz not null
);
comment on table session_locator is 'local';

create table node (
  name       text primary key,
  version    text not null,
  started_at timestamptz not null,
  seen_at    timestamptz not null
);
comment on table node is 'local';

-- A leader is a lease with an epoch: who holds an old epoch writes nothing.
create table lease (
  name   text primary key,
  holder text not null,
  epoch  bigint not null,
  until  timestamptz not null
);
comment on table lease is 'local';

create table installation_log (
  entry_id    uuid primary key,
  occurred_at timestamptz not null,
  event       text not null,
  actor       text not null,
  detail      jsonb not null default '{}'
);
create index on installation_log (occurred_at desc, entry_id);
comment on table installation_log is 'local';

-- Notices and mails to be sent: the payload is sealed under the tenant's key. Workers take rows with a lease and SKIP LOCKED.
create table outbox (
  outbox_id   uuid primary key,
  tenant_id   uuid not null references tenant,
  member_id   uuid,
  kind        text not null,
  sealed      bytea not null,
  created_at  timestamptz not null,
  run_at      timestamptz not null,
  lease_until timestamptz,
  tries       int not null default 0,
  done_at     timestamptz,
  outcome     text
);
create index on outbox (run_at) where done_at is null;
comment on table outbox is 'local';
