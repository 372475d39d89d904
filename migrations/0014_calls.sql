-- PINs of calls, hashed like passwords: one for each member, whichever of his phones is called.
create table call_pin (
  tenant_id uuid not null,
  member_id uuid not null,
  phc       text not null,
  set_at    timestamptz not null,
  primary key (tenant_id, member_id),
  foreign key (tenant_id, member_id) references member
);
comment on table call_pin is 'tenant';

alter table call_pin enable row level security;
alter table call_pin force row level security;
create policy call_pin_tenant on call_pin using (tenant_id = app_tenant()) with check (tenant_id = app_tenant());
