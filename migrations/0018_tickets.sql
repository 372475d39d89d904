-- Tickets: what somebody who cannot go on asks the support desk, with the page, the error, the session and the account filled in by the service. Who it is
-- about, where it came from and what was said are sealed under the key of that person, and end with it.
create table ticket (
  tenant_id  uuid not null references tenant,
  ticket_id  uuid not null,
  number     int not null,
  subject_id uuid not null,
  member_id  uuid,
  session_id bigint not null,
  page       text not null,
  error      text,
  shown      text not null,
  source_mac bytea not null,
  sealed     bytea not null,
  state      text not null default 'open',
  filed_at   timestamptz not null,
  moved_at   timestamptz not null,
  taken_by   uuid,
  closed_at  timestamptz,
  primary key (tenant_id, ticket_id),
  foreign key (tenant_id, member_id) references member,
  constraint ticket_number_key unique (tenant_id, number),
  constraint ticket_shown_known check (shown in ('name', 'password', 'signed_in')),
  constraint ticket_state_known check (state in ('open', 'taken', 'closed')),
  constraint ticket_closed check ((state = 'closed') = (closed_at is not null))
);
create index ticket_waiting on ticket (tenant_id, filed_at, ticket_id) where state <> 'closed';
create index ticket_closed_at on ticket (tenant_id, moved_at, ticket_id) where state = 'closed';
create index ticket_subject on ticket (tenant_id, subject_id, filed_at);
create index ticket_source on ticket (tenant_id, filed_at, source_mac) where shown <> 'signed_in';
create index ticket_session on ticket (tenant_id, session_id);
comment on table ticket is 'tenant';

create table ticket_message (
  tenant_id  uuid not null,
  message_id uuid not null,
  ticket_id  uuid not null,
  kind       text not null,
  author_id  uuid,
  sealed     bytea not null,
  written_at timestamptz not null,
  primary key (tenant_id, message_id),
  foreign key (tenant_id, ticket_id) references ticket on delete cascade,
  constraint ticket_message_kind_known check (kind in ('member', 'answer', 'note'))
);
create index ticket_message_ticket on ticket_message (tenant_id, ticket_id, written_at, message_id);
comment on table ticket_message is 'tenant';

alter table ticket enable row level security;
alter table ticket force row level security;
create policy ticket_tenant on ticket using (tenant_id = app_tenant()) with check (tenant_id = app_tenant());
alter table ticket_message enable row level security;
alter table ticket_message force row level security;
create policy ticket_message_tenant on ticket_message using (tenant_id = app_tenant()) with check (tenant_id = app_tenant());
