-- Methods, counters, attempts and challenges.

create table policy_version (
  tenant_id    uuid not null references tenant,
  version      int not null,
  document     jsonb not null,
  published_by uuid,
  published_at timestamptz not null,
  primary key (tenant_id, version)
);
comment on table policy_version is 'tenant';

create table method (
  tenant_id       uuid not null,
  method_id       uuid not null,
  member_id       uuid not null,
  kind            text not null,
  label           text not null,
  state           text not null,
  sealed          bytea,
  params          jsonb not null default '{}',
  last_step       bigint not null default -1,
  drift           int not null default 0,
  created_at      timestamptz not null,
  expires_at      timestamptz,
  confirmed_at    timestamptz,
  last_used_at    timestamptz,
  disabled_reason text,
  removed_at      timestamptz,
  primary key (tenant_id, method_id),
  foreign key (tenant_id, member_id) references member,
  constraint method_state_known check (state in ('pending', 'active', 'off', 'removed')),
  constraint method_removed check ((state = 'removed') = (removed_at is not null)),
  constraint method_pending_expires check (state <> 'pending' or expires_at is not null)
);
create index on method (tenant_id, member_id) where state <> 'removed';
comment on table method is 'tenant';

-- A code is found only together with its member. The code itself is not stored, only a MAC of it.
create table recovery_code (
  tenant_id uuid not null,
  member_id uuid not null,
  mac       bytea not null,
  made_at   timestamptz not null,
  used_at   timestamptz,
  primary key (tenant_id, member_id, mac),
  foreign key (tenant_id, member_id) references member
);
comment on table recovery_code is 'tenant';

-- Counters of a subject: a member, or a name that does not exist (then the id is made of a MAC of the name). The row with scope 'guard'
-- carries the version that every commit compares: whoever loaded an older one has decided on old facts and decides again.
create table throttle (
  tenant_id    uuid not null references tenant,
  subject_id   uuid not null,
  scope        text not null,
  version      bigint not null default 0,
  in_row       int not null default 0,
  recent       timestamptz[] not null default '{}',
  level        int not null default 0,
  wait_until   timestamptz,
  last_at      timestamptz,
  same         bytea[] not null default '{}',
  primary key (tenant_id, subject_id, scope)
) with (fillfactor = 70);
create index throttle_waiting on throttle (tenant_id, wait_until) where scope = 'guard' and wait_until is not null;
comment on table throttle is 'tenant';

create table failure_day (
  tenant_id  uuid not null references tenant,
  subject_id uuid not null,
  family     text not null,
  day        date not null,
  failures   int not null,
  primary key (tenant_id, subject_id, family, day)
);
comment on table failure_day is 'tenant';

create table attempt (
  tenant_id      uuid not null references tenant,
  attempt_id     uuid not null,
  session_id     bigint not null,
  correlation_id uuid not null,
  started_at     timestamptz not null,
  last_step_at   timestamptz not null,
  door           text not null,
  purpose        text not null,
  path           text not null,
  subject_id     uuid not null,
  member_id      uuid,
  application    text,
  stage          text not null,
  second_asked   boolean not null default false,
  last_refusal   text,
  reasons        text[] not null default '{}',
  policy_version int,
  sealed         bytea not null,
  key_id         uuid,
  decided_at     timestamptz,
  decision       text,
  primary key (tenant_id, attempt_id),
  constraint attempt_stage_known check (stage in ('password', 'second', 'register', 'decided')),
  constraint attempt_decided check ((stage = 'decided') = (decided_at is not null and decision is not null))
);
create index attempt_open on attempt (tenant_id, last_step_at) where stage <> 'decided';
comment on table attempt is 'tenant';

create table challenge (
  tenant_id    uuid not null,
  challenge_id uuid not null,
  attempt_id   uuid not null,
  purpose      text not null,
  method_id    uuid,
  kind         text,
  code_sealed  bytea,
  wrong_count  int not null default 0,
  created_at   timestamptz not null,
  expires_at   timestamptz not null,
  spent_at     timestamptz,
  primary key (tenant_id, challenge_id),
  foreign key (tenant_id, attempt_id) references attempt
);
create index on challenge (tenant_id, attempt_id);
comment on table challenge is 'tenant';

create table idempotency (
  tenant_id    uuid not null references tenant,
  key_id       uuid not null,
  idem_hash    bytea not null,
  request_hash bytea not null,
  answer       jsonb not null,
  created_at   timestamptz not null,
  primary key (tenant_id, key_id, idem_hash)
);
create index on idempotency (tenant_id, created_at);
comment on table idempotency is 'tenant';
