-- The journal: insert and read only for the application; made by the month, ahead of time.

create table auth_log (
  tenant_id           uuid not null,
  occurred_at         timestamptz not null,
  attempt_id          uuid not null,
  session_id          bigint not null,
  correlation_id      uuid not null,
  started_at          timestamptz not null,
  subject_id          uuid not null,
  member_id           uuid,
  door                text not null,
  purpose             text not null,
  path                text not null,
  decision            text not null,
  reason              text not null,
  transport_result    text,
  second_factor       boolean not null,
  application         text,
  method_id           uuid,
  method_kind         text,
  mode                text not null default 'standard',
  registration_reasons text[] not null default '{}',
  -- What the policy was asked and what it said, in flat columns, so that a draft can be tried on past attempts.
  policy_version      int,
  policy_mfa_state    text,
  policy_roles        text[] not null default '{}',
  policy_groups       text[] not null default '{}',
  policy_client       text,
  policy_then         text,
  policy_rules        jsonb not null default '[]',
  delivery            text,
  node                text not null,
  server_ip           text,
  -- The personal fields of S08, sealed under the subject's key, and MACs of those that must be found.
  sealed              bytea not null,
  upn_mac             bytea not null,
  client_ip_mac       bytea,
  phone_tail_mac      bytea,
  xid                 xid8 not null default pg_current_xact_id(),
  format              smallint not null,
  salt                bytea not null,
  leaf_hash           bytea not null,
  primary key (tenant_id, occurred_at, attempt_id),
  constraint auth_log_decision_known check (decision in ('allowed', 'denied', 'interrupted', 'abandoned')),
  constraint auth_log_has_reason check (reason <> '')
) partition by range (occurred_at);
create index auth_log_subject on auth_log (tenant_id, subject_id, occurred_at desc, attempt_id desc);
create index auth_log_not_allowed on auth_log (tenant_id, reason, occurred_at desc, attempt_id desc) where decision <> 'allowed';
comment on table auth_log is 'tenant';

create table attempt_step (
  tenant_id   uuid not null,
  occurred_at timestamptz not null,
  attempt_id  uuid not null,
  n           int not null,
  kind        text not null,
  detail      jsonb not null default '{}',
  primary key (tenant_id, attempt_id, occurred_at, n)
) partition by range (occurred_at);
comment on table attempt_step is 'tenant';

create table audit_log (
  tenant_id   uuid not null,
  occurred_at timestamptz not null,
  audit_id    uuid not null,
  event       text not null,
  actor_kind  text not null,
  actor_id    uuid,
  target_kind text not null,
  target_id   uuid,
  reason      text,
  session_id  bigint,
  -- Before and after, sealed under the key of the member they are about (else the tenant's).
  sealed      bytea not null,
  xid         xid8 not null default pg_current_xact_id(),
  format      smallint not null,
  salt        bytea not null,
  leaf_hash   bytea not null,
  primary key (tenant_id, occurred_at, audit_id)
) partition by range (occurred_at);
create index audit_log_target on audit_log (tenant_id, target_id, occurred_at desc);
comment on table audit_log is 'tenant';

-- One row for each decided attempt in which a second factor was asked or checked.
create table usage (
  tenant_id   uuid not null,
  day         date not null,
  attempt_id  uuid not null,
  provider_id uuid,
  licensed    boolean not null default false,
  primary key (tenant_id, day, attempt_id)
);
comment on table usage is 'tenant';

-- Filled by the sealer of the verifiable journal.
create table log_tile (
  tenant_id uuid not null references tenant,
  level     smallint not null,
  index     bigint not null,
  hashes    bytea not null,
  primary key (tenant_id, level, index)
);
comment on table log_tile is 'tenant';

create table checkpoint (
  tenant_id uuid not null references tenant,
  size      bigint not null,
  root      bytea not null,
  note      text not null,
  signed_at timestamptz not null,
  primary key (tenant_id, size)
);
comment on table checkpoint is 'tenant';

-- Makes the partitions of some months, if they are missing. The application may call it (it owns nothing itself); the bounds keep a
-- mistake small. Partitions carry no grants: they are reached through their parent only, whose policy holds.
create function make_partitions(p_from date, p_months int) returns int
  language plpgsql security definer set search_path = public, pg_temp as $$
declare
  parent text; month date; child text; made int := 0;
begin
  if p_months < 1 or p_months > 36 or p_from < date '2015-01-01' or p_from > current_date + 400 then
    raise exception 'partitions from % for % months are out of bounds', p_from, p_months;
  end if;
  foreach parent in array array['auth_log', 'attempt_step', 'audit_log'] loop
    for step in 0 .. p_months - 1 loop
      month := (date_trunc('month', p_from) + make_interval(months => step))::date;
      child := parent || '_' || to_char(month, 'YYYYMM');
      if to_regclass(child) is null then
        begin
          execute format('create table %I partition of %I for values from (%L) to (%L)', child, parent,
            month || ' 00:00:00+00', (month + interval '1 month')::date || ' 00:00:00+00');
          execute format('alter table %I enable row level security', child);
          execute format('alter table %I force row level security', child);
          made := made + 1;
        exception when duplicate_table then null;
        end;
      end if;
    end loop;
  end loop;
  return made;
end $$;
