-- Emergency keys: what lies in a safe for the day on which no global admin can sign in any more.
create table emergency_key (
  tenant_id   uuid not null,
  key_id      uuid not null,
  member_id   uuid not null,
  mac         bytea not null,
  made_at     timestamptz not null,
  valid_until timestamptz not null,
  used_at     timestamptz,
  ended_at    timestamptz,
  primary key (tenant_id, key_id),
  foreign key (tenant_id, member_id) references member,
  constraint emergency_key_order check (valid_until > made_at)
);
create unique index emergency_key_one on emergency_key (tenant_id, member_id) where ended_at is null;
comment on table emergency_key is 'tenant';

alter table emergency_key enable row level security;
alter table emergency_key force row level security;
create policy emergency_key_tenant on emergency_key using (tenant_id = app_tenant()) with check (tenant_id = app_tenant());
