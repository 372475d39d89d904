-- Logos that a tenant has uploaded, each known by what it is. The policy names the one in use, so that its versions keep theirs; nothing is ever changed here.
create table logo (
  tenant_id uuid not null references tenant,
  hash      bytea not null,
  png       bytea not null,
  added_at  timestamptz not null,
  primary key (tenant_id, hash),
  constraint logo_hash_whole check (octet_length(hash) = 32),
  constraint logo_small check (octet_length(png) between 1 and 20000)
);
comment on table logo is 'tenant';
alter table logo enable row level security;
alter table logo force row level security;
create policy logo_tenant on logo using (tenant_id = app_tenant()) with check (tenant_id = app_tenant());

-- A session's pages look as its tenant's policy says. Everything else is as it was.
create or replace function session_open(p_hash bytea, p_now timestamptz) returns json language plpgsql as $$
declare
  s session; m member;
begin
  select * into s from session where id_hash = p_hash and ends_at > p_now and seen_at + make_interval(secs => idle_seconds) > p_now;
  if not found then
    return null;
  end if;
  if p_now - s.seen_at > interval '1 minute' then
    update session set seen_at = p_now where id_hash = p_hash;
  end if;
  if s.tenant_id is not null then
    perform set_config('app.tenant', s.tenant_id::text, true);
    if exists (select 1 from tenant where tenant_id = s.tenant_id and suspended_at is not null) then
      return null;
    end if;
  end if;
  if s.member_id is not null then
    select * into m from member where tenant_id = s.tenant_id and member_id = s.member_id and removed_at is null and disabled_at is null and epoch = s.epoch;
    if not found then
      return null;
    end if;
  end if;
  return json_build_object(
    'tenant_id', s.tenant_id, 'member_id', s.member_id, 'attempt_id', s.attempt_id, 'stage', s.stage, 'level', s.level, 'auth_at', s.auth_at, 'factor_at', s.factor_at,
    'factor_kind', s.factor_kind,
    'ends_at', s.ends_at, 'handle', s.handle, 'note', s.data,
    'tenant', (select json_build_object('slug', slug, 'name', name, 'profile', profile, 'time_zone', time_zone, 'locale', locale,
      'appearance', (select json_build_object('accent', p.document #>> '{appearance,accent}', 'logo', p.document #>> '{appearance,logo}') from policy_version p where p.tenant_id = s.tenant_id order by p.version desc limit 1))
      from tenant where tenant_id = s.tenant_id),
    'member', case when m.member_id is null then null else json_build_object('upn', m.upn, 'given_name', m.given_name, 'family_name', m.family_name, 'locale', m.locale,
      'roles', (select coalesce(json_agg(role), '[]') from role_grant where tenant_id = m.tenant_id and member_id = m.member_id),
      'operator', exists (select 1 from operator o where o.tenant_id = m.tenant_id and o.member_id = m.member_id)) end);
end $$;
