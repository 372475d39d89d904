-- Notices that are really sent: who holds one, whom it has reached, and the links by which a member says "this wasn't me".

alter table outbox add column leased_by text;
-- MACs of the addresses that need nothing more, so that a second try goes only where the first did not get.
alter table outbox add column reached bytea[] not null default '{}';
-- Until now nobody sent them: news of long ago would only frighten people.
update outbox set done_at = now(), outcome = 'never_sent', sealed = '' where done_at is null;
create index outbox_done on outbox (done_at) where done_at is not null;

-- A link that opens nothing: it ends and switches off what has come since the change it was mailed about. Only a hash of its token is stored.
create table notice_link (
  tenant_id  uuid not null references tenant,
  link_id    uuid not null,
  member_id  uuid not null,
  token_hash bytea not null,
  kind       text not null,
  -- When what it is about happened: what came from then on is not trusted.
  since      timestamptz not null,
  expires_at timestamptz not null,
  used_at    timestamptz,
  primary key (tenant_id, link_id),
  foreign key (tenant_id, member_id) references member,
  constraint notice_link_order check (expires_at > since)
);
create index on notice_link (tenant_id, member_id);
create index on notice_link (tenant_id, expires_at);
comment on table notice_link is 'tenant';

do $$
begin
  execute 'alter table notice_link enable row level security';
  execute 'alter table notice_link force row level security';
  execute 'create policy notice_link_tenant on notice_link using (tenant_id = app_tenant()) with check (tenant_id = app_tenant())';
end $$;
