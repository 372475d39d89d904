-- The right to set a new password, for whoever has shown who he is: once, for minutes, and worth nothing after whatever ends the member's sessions. Only a
-- hash of its secret is stored. What was shown stands in the challenges of the attempt.
create table password_reset (
  tenant_id  uuid not null,
  reset_id   uuid not null,
  member_id  uuid not null,
  session_id bigint not null,
  token_hash bytea not null,
  epoch      int not null,
  created_at timestamptz not null,
  expires_at timestamptz not null,
  used_at    timestamptz,
  primary key (tenant_id, reset_id),
  foreign key (tenant_id, member_id) references member,
  constraint password_reset_order check (expires_at > created_at)
);
create unique index password_reset_one on password_reset (tenant_id, member_id) where used_at is null;
comment on table password_reset is 'tenant';

alter table password_reset enable row level security;
alter table password_reset force row level security;
create policy password_reset_tenant on password_reset using (tenant_id = app_tenant()) with check (tenant_id = app_tenant());
