-- What operators see and do about providers and senders, and the alarm for codes that hardly ever come back.

-- Two who change the same provider do not undo each other's work: the second is told. Who is removed keeps his row, for messages and reports point at it.
alter table delivery_provider
  add column version       int not null default 1,
  add column failing_since timestamptz,
  add column tested_at     timestamptz,
  add column removed_at    timestamptz,
  add constraint delivery_provider_removed check (removed_at is null or (not enabled and sealed is null));
drop index delivery_provider_name;
create unique index delivery_provider_name on delivery_provider (coalesce(tenant_id, '00000000-0000-0000-0000-000000000000'), lower(name))
  where removed_at is null;

-- What each provider took in the last hour and day.
create index delivery_of_provider on delivery (provider_id, created_at) where provider_id is not null;

-- Codes that were sent to a country and hardly ever came back: what toll fraud looks like. Read by operators over all tenants.
create table conversion_alarm (
  tenant_id  uuid not null references tenant,
  country    text not null,
  raised_at  timestamptz not null,
  -- Messages whose code was entered or can be no more, and of them those whose code was entered.
  sent       int not null,
  entered    int not null,
  -- Nothing more was sent to the country from then on, until somebody resumed it.
  paused     boolean not null,
  resumed_at timestamptz,
  resumed_by uuid,
  primary key (tenant_id, country, raised_at),
  constraint conversion_alarm_country check (country ~ '^[A-Z]{2}$'),
  constraint conversion_alarm_counts check (sent > 0 and entered between 0 and sent)
);
create index conversion_alarm_recent on conversion_alarm (raised_at);
comment on table conversion_alarm is 'local';
