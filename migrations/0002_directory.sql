-- The directory of a tenant: keys, members, groups, roles, passwords, set-up links, API keys.

create table tenant_key (
  tenant_id    uuid not null references tenant,
  version      int not null,
  wrapped      bytea,
  created_at   timestamptz not null,
  destroyed_at timestamptz,
  primary key (tenant_id, version),
  constraint tenant_key_destroyed check ((wrapped is null) = (destroyed_at is not null))
);
comment on table tenant_key is 'tenant';

-- One key a person: what the journal holds about somebody is sealed under it and gone when it is gone.
create table subject_key (
  tenant_id    uuid not null references tenant,
  subject_id   uuid not null,
  wrapped      bytea,
  created_at   timestamptz not null,
  destroyed_at timestamptz,
  primary key (tenant_id, subject_id),
  constraint subject_key_destroyed check ((wrapped is null) = (destroyed_at is not null))
);
comment on table subject_key is 'tenant';

create table member (
  tenant_id       uuid not null references tenant,
  member_id       uuid not null,
  upn             text not null,
  upn_folded      text not null,
  given_name      text,
  family_name     text,
  mail            text,
  mfa_state       text not null default 'disabled',
  epoch           int not null default 0,
  locale          text,
  -- From when the registration policy counts its days of grace: the first sign-in after it applied.
  grace_from      timestamptz,
  default_method  uuid,
  last_sign_in_at timestamptz,
  created_at      timestamptz not null,
  disabled_at     timestamptz,
  removed_at      timestamptz,
  erased_at       timestamptz,
  primary key (tenant_id, member_id),
  constraint member_mfa_state_known check (mfa_state in ('disabled', 'enabled', 'enforced')),
  constraint member_locale_known check (locale in ('en', 'nl'))
);
create unique index member_upn_key on member (tenant_id, upn_folded) where removed_at is null;
create index member_state on member (tenant_id, mfa_state, upn_folded) where removed_at is null;
create index member_seen on member (tenant_id, last_sign_in_at desc nulls last, member_id) where removed_at is null;
comment on table member is 'tenant';

create table password (
  tenant_id      uuid not null,
  member_id      uuid not null,
  phc            text not null,
  pepper_version smallint not null,
  set_at         timestamptz not null,
  primary key (tenant_id, member_id),
  foreign key (tenant_id, member_id) references member
);
comment on table password is 'tenant';

create table "group" (
  tenant_id  uuid not null references tenant,
  group_id   uuid not null,
  name       text not null,
  created_at timestamptz not null,
  primary key (tenant_id, group_id),
  constraint group_name_key unique (tenant_id, name)
);
comment on table "group" is 'tenant';

create table group_member (
  tenant_id uuid not null,
  group_id  uuid not null,
  member_id uuid not null,
  primary key (tenant_id, group_id, member_id),
  foreign key (tenant_id, group_id) references "group" on delete cascade,
  foreign key (tenant_id, member_id) references member
);
create index on group_member (tenant_id, member_id);
comment on table group_member is 'tenant';

create table role_grant (
  tenant_id  uuid not null,
  member_id  uuid not null,
  role       text not null,
  granted_at timestamptz not null,
  primary key (tenant_id, member_id, role),
  foreign key (tenant_id, member_id) references member,
  constraint role_grant_role_known check (role in ('support', 'auth_admin', 'policy_admin', 'billing_admin', 'reader', 'global_admin'))
);
create index on role_grant (tenant_id, role);
comment on table role_grant is 'tenant';

create table set_up_link (
  tenant_id  uuid not null,
  link_id    uuid not null,
  member_id  uuid not null,
  token_hash bytea not null,
  created_at timestamptz not null,
  expires_at timestamptz not null,
  used_at    timestamptz,
  primary key (tenant_id, link_id),
  foreign key (tenant_id, member_id) references member
);
create index on set_up_link (tenant_id, member_id);
comment on table set_up_link is 'tenant';

create table api_key (
  tenant_id   uuid not null references tenant,
  key_id      uuid not null,
  name        text not null,
  hash        bytea not null,
  scopes      text[] not null,
  path        text not null default 'cloud',
  networks    cidr[] not null default '{}',
  created_at  timestamptz not null,
  expires_at  timestamptz,
  revoked_at  timestamptz,
  primary key (tenant_id, key_id),
  constraint api_key_path_known check (path in ('cloud', 'server'))
);
comment on table api_key is 'tenant';
