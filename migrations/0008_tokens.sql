-- Hardware tokens: the inventory, and the imports that filled it.

-- A token keeps its seed while it lies in the drawer and while somebody has it, so that it can be given to the next. What has been used up of it
-- (last_step: the last accepted step or counter) stays with it too: no code opens twice because the token changed hands.
create table oath_token (
  tenant_id    uuid not null references tenant,
  token_id     uuid not null,
  serial       text not null,
  state        text not null,
  sealed       bytea,
  params       jsonb not null,
  last_step    bigint not null default -1,
  drift        int not null default 0,
  issuer       text,
  manufacturer text,
  model        text,
  valid_from   timestamptz,
  valid_until  timestamptz,
  member_id    uuid,
  method_id    uuid,
  import_id    uuid,
  imported_at  timestamptz not null,
  assigned_at  timestamptz,
  activated_at timestamptz,
  retired_at   timestamptz,
  primary key (tenant_id, token_id),
  foreign key (tenant_id, member_id) references member,
  foreign key (tenant_id, method_id) references method,
  constraint oath_token_state_known check (state in ('available', 'assigned', 'active', 'retired')),
  constraint oath_token_owned check ((state in ('assigned', 'active')) = (member_id is not null)),
  constraint oath_token_used check ((state = 'active') = (method_id is not null)),
  constraint oath_token_seed check ((state = 'retired') = (sealed is null))
);
-- People read serial numbers off the back of a token in any case.
create unique index oath_token_serial on oath_token (tenant_id, upper(serial));
create index oath_token_member on oath_token (tenant_id, member_id) where member_id is not null;
create index oath_token_method on oath_token (tenant_id, method_id) where method_id is not null;
comment on table oath_token is 'tenant';

-- One run of an import from the console: how far it is, and what came of it. The file itself is never kept.
create table token_import (
  tenant_id   uuid not null references tenant,
  import_id   uuid not null,
  file_name   text not null,
  format      text not null,
  dry_run     boolean not null,
  skip_bad    boolean not null,
  state       text not null,
  rows_read   bigint not null default 0,
  imported    bigint not null default 0,
  assigned    bigint not null default 0,
  refused     bigint not null default 0,
  problem     text,
  report      jsonb not null default '[]',
  -- The file's own columns with a result for each row and without secrets; names may stand in it.
  sealed      bytea,
  started_by  uuid,
  started_at  timestamptz not null,
  beat_at     timestamptz not null,
  ended_at    timestamptz,
  primary key (tenant_id, import_id),
  constraint token_import_state_known check (state in ('running', 'done', 'refused')),
  constraint token_import_ended check ((state = 'running') = (ended_at is null))
);
create index token_import_started on token_import (tenant_id, started_at desc);
comment on table token_import is 'tenant';

do $$
declare t text;
begin
  foreach t in array array['oath_token', 'token_import'] loop
    execute format('alter table %I enable row level security', t);
    execute format('alter table %I force row level security', t);
    execute format('create policy %I on %I using (tenant_id = app_tenant()) with check (tenant_id = app_tenant())', t || '_tenant', t);
  end loop;
end $$;
