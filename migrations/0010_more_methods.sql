-- The methods that are left: passkeys, passes, app passwords, security questions; and what stands around them: blocks, bypasses, trusted networks,
-- remembered devices.

-- What a passkey knows its owner by (WebAuthn L3 5.4.3): random, one a member, never shown. It leads from an answer without a name to tenant and member.
create table user_handle (
  user_handle uuid primary key,
  tenant_id   uuid not null,
  member_id   uuid not null,
  made_at     timestamptz not null,
  unique (tenant_id, member_id)
);
comment on table user_handle is 'local';

-- The server's half of a question to an authenticator: of one browser session and one purpose, read by deleting it. Two tabs ask two questions.
create table ceremony (
  ceremony_id  uuid primary key,
  session_hash bytea not null,
  purpose      text not null,
  state        jsonb not null,
  expires_at   timestamptz not null
);
create index on ceremony (session_hash);
create index on ceremony (expires_at);
comment on table ceremony is 'local';

-- What the FIDO Alliance knows about makes and models of authenticators, as the operator uploaded it: verified, without what nobody reads.
create table fido_metadata (
  only_one    boolean primary key default true check (only_one),
  serial      bigint not null,
  content     jsonb not null,
  uploaded_at timestamptz not null
);
comment on table fido_metadata is 'local';

-- A credential belongs to one method of its tenant.
create unique index method_credential on method (tenant_id, (params->>'credential_id')) where kind = 'passkey' and state <> 'removed';

-- Temporary Access Passes. Only a MAC is stored; ended_at says that it was replaced or withdrawn.
create table access_pass (
  tenant_id    uuid not null,
  pass_id      uuid not null,
  member_id    uuid not null,
  mac          bytea not null,
  one_time     boolean not null,
  valid_from   timestamptz not null,
  valid_until  timestamptz not null,
  made_by      uuid,
  made_at      timestamptz not null,
  used_at      timestamptz,
  last_used_at timestamptz,
  ended_at     timestamptz,
  primary key (tenant_id, pass_id),
  foreign key (tenant_id, member_id) references member,
  constraint access_pass_order check (valid_until > valid_from)
);
create unique index access_pass_one on access_pass (tenant_id, member_id) where ended_at is null;
comment on table access_pass is 'tenant';

-- Blocks, and their history.
create table block (
  tenant_id  uuid not null,
  block_id   uuid not null,
  member_id  uuid not null,
  cause      text not null,
  reason     text not null,
  blocked_by uuid,
  blocked_at timestamptz not null,
  until      timestamptz not null,
  ended_at   timestamptz,
  ended_by   uuid,
  end_reason text,
  primary key (tenant_id, block_id),
  foreign key (tenant_id, member_id) references member,
  constraint block_cause check (cause in ('admin', 'fraud_report')),
  constraint block_order check (until > blocked_at)
);
create index on block (tenant_id, member_id, blocked_at desc);
create index on block (tenant_id, blocked_at desc);
comment on table block is 'tenant';

-- One verification without a second factor, within seconds.
create table bypass (
  tenant_id uuid not null,
  bypass_id uuid not null,
  member_id uuid not null,
  reason    text not null,
  opened_by uuid,
  opened_at timestamptz not null,
  until     timestamptz not null,
  used_at   timestamptz,
  ended_at  timestamptz,
  primary key (tenant_id, bypass_id),
  foreign key (tenant_id, member_id) references member,
  constraint bypass_order check (until > opened_at)
);
create index on bypass (tenant_id, member_id, opened_at desc);
create index on bypass (tenant_id, opened_at desc);
comment on table bypass is 'tenant';

create table trusted_network (
  tenant_id  uuid not null references tenant,
  network_id uuid not null,
  name       text not null,
  range      cidr not null,
  made_by    uuid,
  made_at    timestamptz not null,
  primary key (tenant_id, network_id),
  unique (tenant_id, range)
);
comment on table trusted_network is 'tenant';

-- A browser that is not asked for a second factor for some days. Only a hash of its secret is stored; a higher epoch of its member ends it.
create table remembered_device (
  tenant_id    uuid not null,
  device_id    uuid not null,
  member_id    uuid not null,
  hash         bytea not null,
  agent        text not null,
  epoch        int not null,
  made_at      timestamptz not null,
  last_used_at timestamptz,
  expires_at   timestamptz not null,
  ended_at     timestamptz,
  primary key (tenant_id, device_id),
  unique (tenant_id, hash),
  foreign key (tenant_id, member_id) references member
);
create index on remembered_device (tenant_id, member_id) where ended_at is null;
comment on table remembered_device is 'tenant';

-- Passwords for programs that can do nothing else. Only a MAC is stored: they are random and long.
create table app_password (
  tenant_id       uuid not null,
  app_password_id uuid not null,
  member_id       uuid not null,
  label           text not null,
  mac             bytea not null,
  made_at         timestamptz not null,
  last_used_at    timestamptz,
  last_used_ip    text,
  last_protocol   text,
  ended_at        timestamptz,
  primary key (tenant_id, app_password_id),
  foreign key (tenant_id, member_id) references member
);
create unique index app_password_mac on app_password (tenant_id, member_id, mac) where ended_at is null;
comment on table app_password is 'tenant';

-- Answers to security questions, hashed like passwords.
create table security_answer (
  tenant_id uuid not null,
  member_id uuid not null,
  question  text not null,
  phc       text not null,
  made_at   timestamptz not null,
  primary key (tenant_id, member_id, question),
  foreign key (tenant_id, member_id) references member
);
comment on table security_answer is 'tenant';

do $$
declare t text;
begin
  foreach t in array array['access_pass', 'block', 'bypass', 'trusted_network', 'remembered_device', 'app_password', 'security_answer'] loop
    execute format('alter table %I enable row level security', t);
    execute format('alter table %I force row level security', t);
    execute format('create policy %I on %I using (tenant_id = app_tenant()) with check (tenant_id = app_tenant())', t || '_tenant', t);
  end loop;
end $$;

-- The two calls of a verification again, with all of this. The ways to load of before stay for nodes of before.
create function verification_facts(p_tenant uuid, p_key uuid, p_upn text, p_unknown uuid, p_attempt uuid, p_idem bytea,
                                  p_known_policy int, p_sends boolean, p_now timestamptz,
                                  p_member uuid, p_ip inet, p_device bytea) returns json language plpgsql as $$
declare
  a attempt; m member; s uuid;
begin
  perform set_config('app.tenant', p_tenant::text, true);
  if p_attempt is not null then
    select * into a from attempt where tenant_id = p_tenant and attempt_id = p_attempt;
    if not found and p_key is null then
      return null;
    end if;
    -- To a program, a challenge that nobody has is told only after its key was compared. No subject has the id of an attempt.
    select * into m from member where tenant_id = p_tenant and member_id = a.member_id and removed_at is null;
    s := coalesce(a.subject_id, p_attempt);
  elsif p_member is not null then
    select * into m from member where tenant_id = p_tenant and member_id = p_member and removed_at is null;
    s := p_member;
  else
    select * into m from member where tenant_id = p_tenant and upn_folded = p_upn and removed_at is null;
    s := coalesce(m.member_id, p_unknown);
  end if;
  return json_build_object(
    'database_now', clock_timestamp(),
    'tenant', (select json_build_object('slug', slug, 'name', name, 'profile', profile, 'suspended', suspended_at is not null,
                 'log_names', log_names, 'log_mail', log_mail, 'locale', locale) from tenant where tenant_id = p_tenant),
    'key', case when p_key is null then null else (select json_build_object('key_id', key_id, 'hash', hash, 'scopes', scopes, 'path', path, 'networks', networks)
             from api_key where tenant_id = p_tenant and key_id = p_key and revoked_at is null and (expires_at is null or expires_at > p_now)) end,
    'member', case when m.member_id is null then null else json_build_object('member_id', m.member_id, 'upn', m.upn, 'given_name', m.given_name,
             'family_name', m.family_name, 'mail', m.mail, 'locale', m.locale, 'mfa_state', m.mfa_state, 'epoch', m.epoch, 'disabled', m.disabled_at is not null,
             'grace_from', m.grace_from, 'user_handle', (select user_handle from user_handle h where h.tenant_id = p_tenant and h.member_id = m.member_id), 'default_method', m.default_method,
             'roles', (select coalesce(json_agg(role), '[]') from role_grant where tenant_id = p_tenant and member_id = m.member_id),
             'operator', exists (select 1 from operator o where o.tenant_id = p_tenant and o.member_id = m.member_id),
             'groups', (select coalesce(json_agg(g.name), '[]') from group_member gm join "group" g on g.tenant_id = gm.tenant_id and g.group_id = gm.group_id
                        where gm.tenant_id = p_tenant and gm.member_id = m.member_id)) end,
    'password', case when a.attempt_id is null or m.member_id is null then null else
             (select json_build_object('phc', phc, 'pepper_version', pepper_version) from password where tenant_id = p_tenant and member_id = m.member_id) end,
    'subject', s,
    'subject_key', (select wrapped from subject_key where tenant_id = p_tenant and subject_id = s),
    'throttles', (select coalesce(json_agg(json_build_object('scope', scope, 'version', version, 'in_row', in_row, 'recent', recent, 'level', level,
                    'wait_until', wait_until, 'last_at', last_at, 'same', same)), '[]') from throttle where tenant_id = p_tenant and subject_id = s),
    'failures', (select coalesce(json_agg(f), '[]') from (select family, sum(failures)::int as failures from failure_day
                   where tenant_id = p_tenant and subject_id = s and day > (p_now at time zone 'UTC')::date - 30 group by family) f),
    'methods', (select coalesce(json_agg(json_build_object('method_id', method_id, 'kind', kind, 'label', label, 'state', state, 'sealed', sealed, 'params', params,
                  'last_step', last_step, 'drift', drift, 'disabled_reason', disabled_reason, 'last_used_at', last_used_at, 'confirmed_at', confirmed_at, 'address_mac', address_mac, 'waits_for', waits_for) order by method_id), '[]')
                from method where tenant_id = p_tenant and member_id = m.member_id and (state in ('active', 'off') or (state = 'pending' and expires_at > p_now))),
    'recovery', (select coalesce(json_agg(mac), '[]') from recovery_code where tenant_id = p_tenant and member_id = m.member_id and used_at is null),
    'pass', (select json_build_object('pass_id', pass_id, 'mac', mac, 'valid_from', valid_from, 'valid_until', valid_until, 'one_time', one_time, 'used_at', used_at)
               from access_pass where tenant_id = p_tenant and member_id = m.member_id and ended_at is null limit 1),
    'block', (select json_build_object('block_id', block_id, 'cause', cause, 'until', until, 'blocked_at', blocked_at)
               from block where tenant_id = p_tenant and member_id = m.member_id and ended_at is null and until > p_now order by until desc limit 1),
    'bypass', (select json_build_object('bypass_id', bypass_id, 'until', until)
               from bypass where tenant_id = p_tenant and member_id = m.member_id and ended_at is null and used_at is null and until > p_now order by until desc limit 1),
    'trusted', p_ip is not null and exists (select 1 from trusted_network where tenant_id = p_tenant and range >>= p_ip),
    'device', case when p_device is null then null else (select json_build_object('device_id', device_id, 'epoch', epoch, 'expires_at', expires_at, 'agent', agent)
               from remembered_device where tenant_id = p_tenant and member_id = m.member_id and hash = p_device and ended_at is null and expires_at > p_now) end,
    'policy', (select json_build_object('version', version, 'document', case when version = p_known_policy then null else document end)
               from policy_version where tenant_id = p_tenant order by version desc limit 1),
    'attempt', case when a.attempt_id is null then null else row_to_json(a) end,
    'challenge', case when a.attempt_id is null then null else
               (select row_to_json(c) from challenge c where c.tenant_id = p_tenant and c.attempt_id = a.attempt_id order by c.created_at desc, c.challenge_id desc limit 1) end,
    -- A challenge that another call has left open: its code may come with this one.
    'open_attempt', case when a.attempt_id is not null then null else
               (select c.attempt_id from challenge c where c.tenant_id = p_tenant and c.subject_id = s and c.code_sealed is not null and c.spent_at is null
                  and c.expires_at > p_now and c.purpose = 'verification' order by c.created_at desc limit 1) end,
    'deliveries', case when a.attempt_id is null then '[]'::json else
               (select coalesce(json_agg(json_build_object('n', d.n, 'challenge_id', d.challenge_id, 'channel', d.channel, 'provider_id', d.provider_id,
                  'provider', d.provider, 'sender', d.sender, 'status', d.status, 'masked', d.masked) order by d.created_at, d.n), '[]')
                from delivery d where d.tenant_id = p_tenant and d.attempt_id = a.attempt_id) end,
    -- What has been sent, for the budgets: to this member, to the same numbers, in this tenant today.
    'sends', case when not p_sends then null else json_build_object(
        'member', (select coalesce(json_agg(d.created_at order by d.created_at), '[]') from delivery d
                   where d.tenant_id = p_tenant and d.subject_id = s and d.channel in ('sms', 'voice') and d.created_at > p_now - interval '15 minutes'),
        'mails', (select coalesce(json_agg(d.created_at order by d.created_at), '[]') from delivery d
                   where d.tenant_id = p_tenant and d.subject_id = s and d.channel = 'mail' and d.created_at > p_now - interval '15 minutes'),
        'addresses', (select coalesce(json_agg(x), '[]') from (select d.address_mac as mac, count(*)::int as count, min(d.created_at) as first from delivery d
                   where d.tenant_id = p_tenant and d.created_at > p_now - interval '1 hour'
                     and d.address_mac in (select address_mac from method where tenant_id = p_tenant and member_id = m.member_id and address_mac is not null)
                   group by d.address_mac) x),
        'countries', (select coalesce(json_agg(x), '[]') from (select d.country, count(*)::int as count from delivery d
                   where d.tenant_id = p_tenant and d.channel in ('sms', 'voice') and d.created_at > p_now - interval '1 day' group by d.country) x),
        'prefixes', (select coalesce(json_agg(x), '[]') from (select d.prefix, count(*)::int as count, count(*) filter (where c.right_at is not null)::int as answered
                   from delivery d left join challenge c on c.tenant_id = d.tenant_id and c.challenge_id = d.challenge_id
                   where d.tenant_id = p_tenant and d.prefix is not null and d.created_at > p_now - interval '1 day' group by d.prefix) x),
        'routes', (select coalesce(json_agg(json_build_object('provider_id', p.provider_id, 'tenant_id', p.tenant_id, 'channel', p.channel, 'name', p.name,
                     'rank', p.rank, 'resting', coalesce(p.rests_until > p_now, false)) order by (p.tenant_id is null), p.rank), '[]')
                   from delivery_provider p where p.enabled and (p.tenant_id is null or p.tenant_id = p_tenant)),
        'senders', (select coalesce(json_agg(json_build_object('channel', e.channel, 'country', e.country, 'kind', e.kind, 'value', e.value,
                     'provider_id', e.provider_id, 'tenant_id', e.tenant_id) order by (e.tenant_id is null), e.valid_from desc), '[]')
                   from sender e where (e.tenant_id is null or e.tenant_id = p_tenant) and e.valid_from <= p_now and (e.valid_until is null or e.valid_until > p_now))
      ) end,
    'answered', case when p_idem is null then null else
               (select json_build_object('request_hash', request_hash, 'answer', answer) from idempotency
                where tenant_id = p_tenant and key_id = p_key and idem_hash = p_idem and created_at > p_now - interval '10 minutes') end
  );
end $$;

create or replace function verification_commit(p jsonb) returns void language plpgsql as $$
declare
  v_tenant  uuid := (p->>'tenant_id')::uuid;
  v_subject uuid := (p->>'subject_id')::uuid;
  v_now     timestamptz := (p->>'now')::timestamptz;
  v_guard   bigint := (p->>'guard_version')::bigint;
  g         throttle;
  x         jsonb;
  n         int;
  v_steps   int := 0;
begin
  perform set_config('app.tenant', v_tenant::text, true);

  -- The guard: nobody else has decided about this subject since the facts were loaded.
  g := jsonb_populate_record(null::throttle, p->'guard');
  if v_guard < 0 then
    insert into throttle (tenant_id, subject_id, scope, version, in_row, level, wait_until, last_at)
      values (v_tenant, v_subject, 'guard', 1, g.in_row, g.level, g.wait_until, g.last_at) on conflict do nothing;
  else
    update throttle set version = version + 1, in_row = g.in_row, level = g.level, wait_until = g.wait_until, last_at = g.last_at
      where tenant_id = v_tenant and subject_id = v_subject and scope = 'guard' and version = v_guard;
  end if;
  get diagnostics n = row_count;
  if n = 0 then
    raise exception 'facts have changed' using errcode = '40001';
  end if;

  if jsonb_array_length(p->'counters') > 0 then
    insert into throttle (tenant_id, subject_id, scope, version, in_row, recent, level, wait_until, last_at, same)
      select v_tenant, v_subject, c.scope, 1, c.in_row, c.recent, c.level, c.wait_until, c.last_at, c.same
      from jsonb_populate_recordset(null::throttle, p->'counters') c
      on conflict (tenant_id, subject_id, scope) do update set version = throttle.version + 1, in_row = excluded.in_row, recent = excluded.recent,
        level = excluded.level, wait_until = excluded.wait_until, last_at = excluded.last_at, same = excluded.same;
  end if;
  if jsonb_array_length(p->'failed_families') > 0 then
    insert into failure_day (tenant_id, subject_id, family, day, failures)
      select v_tenant, v_subject, f, (v_now at time zone 'UTC')::date, 1 from jsonb_array_elements_text(p->'failed_families') f
      on conflict (tenant_id, subject_id, family, day) do update set failures = failure_day.failures + 1;
  end if;

  x := p->'new_method';
  if jsonb_typeof(x) = 'object' then
    insert into method (tenant_id, method_id, member_id, kind, label, state, params, last_step, drift, created_at, confirmed_at, last_used_at)
      select v_tenant, r.method_id, v_subject, r.kind, r.label, 'active', r.params, 0, 0, v_now, v_now, v_now from jsonb_populate_record(null::method, x) r;
  end if;
  x := p->'method_used';
  if jsonb_typeof(x) = 'object' then
    update method set last_step = (x->>'step')::bigint, drift = (x->>'drift')::int, last_used_at = v_now, label = coalesce(x->>'label', label),
        params = case when jsonb_typeof(x->'params') = 'object' then x->'params' else params end,
        state = 'active', expires_at = null, confirmed_at = coalesce(confirmed_at, v_now)
      where tenant_id = v_tenant and method_id = (x->>'method_id')::uuid and last_step < (x->>'step')::bigint
        and (state = 'active' or (state = 'pending' and expires_at > v_now));
    get diagnostics n = row_count;
    if n = 0 then
      raise exception 'the step has been used' using errcode = '40001';
    end if;
  end if;
  if p->>'recovery_used' is not null then
    update recovery_code set used_at = v_now
      where tenant_id = v_tenant and member_id = v_subject and mac = (p->>'recovery_used')::bytea and used_at is null;
    get diagnostics n = row_count;
    if n = 0 then
      raise exception 'the code has been used' using errcode = '40001';
    end if;
  end if;
  x := p->'pass_used';
  if jsonb_typeof(x) = 'string' then
    update access_pass set used_at = coalesce(used_at, v_now), last_used_at = v_now
      where tenant_id = v_tenant and pass_id = (x#>>'{}')::uuid and ended_at is null and valid_from <= v_now and valid_until > v_now
        and not (one_time and used_at is not null);
    get diagnostics n = row_count;
    if n = 0 then
      raise exception 'the pass has been used' using errcode = '40001';
    end if;
  end if;
  x := p->'bypass_used';
  if jsonb_typeof(x) = 'string' then
    update bypass set used_at = v_now
      where tenant_id = v_tenant and bypass_id = (x#>>'{}')::uuid and ended_at is null and used_at is null and until > v_now;
    get diagnostics n = row_count;
    if n = 0 then
      raise exception 'the bypass has been used' using errcode = '40001';
    end if;
  end if;
  x := p->'new_block';
  if jsonb_typeof(x) = 'object' then
    insert into block select * from jsonb_populate_record(null::block, x);
    -- What was given for a while does not come back when the block is lifted.
    update access_pass set ended_at = v_now where tenant_id = v_tenant and member_id = (x->>'member_id')::uuid and ended_at is null;
    update bypass set ended_at = v_now where tenant_id = v_tenant and member_id = (x->>'member_id')::uuid and ended_at is null and used_at is null and until > v_now;
  end if;
  x := p->'new_device';
  if jsonb_typeof(x) = 'object' then
    insert into remembered_device select * from jsonb_populate_record(null::remembered_device, x);
  end if;
  x := p->'device_used';
  if jsonb_typeof(x) = 'string' then
    update remembered_device set last_used_at = v_now
      where tenant_id = v_tenant and device_id = (x#>>'{}')::uuid and ended_at is null and expires_at > v_now;
    get diagnostics n = row_count;
    if n = 0 then
      raise exception 'the device is not remembered any more' using errcode = '40001';
    end if;
  end if;
  if jsonb_array_length(p->'methods_off') > 0 then
    update method set state = 'off', disabled_reason = 'too_many_wrong'
      where tenant_id = v_tenant and state = 'active' and method_id in (select m::uuid from jsonb_array_elements_text(p->'methods_off') m);
  end if;
  if jsonb_array_length(p->'new_recovery') > 0 then
    delete from recovery_code where tenant_id = v_tenant and member_id = v_subject;
    insert into recovery_code (tenant_id, member_id, mac, made_at) select v_tenant, v_subject, m::bytea, v_now from jsonb_array_elements_text(p->'new_recovery') m;
  end if;

  x := p->'member';
  if jsonb_typeof(x) = 'object' then
    update member set mfa_state = coalesce(x->>'mfa_state', mfa_state), last_sign_in_at = coalesce((x->>'last_sign_in_at')::timestamptz, last_sign_in_at),
        grace_from = coalesce(grace_from, (x->>'grace_from')::timestamptz), default_method = coalesce((x->>'default_method')::uuid, default_method),
        epoch = epoch + case when (x->>'ends_sessions')::boolean then 1 else 0 end
      where tenant_id = v_tenant and member_id = v_subject;
  end if;

  if (x->>'ends_devices')::boolean then
    update remembered_device set ended_at = v_now where tenant_id = v_tenant and member_id = v_subject and ended_at is null;
  end if;

  if p->>'locator' is not null then
    insert into session_locator (session_id, tenant_id, attempt_id, started_at)
      values ((p->>'locator')::bigint, v_tenant, (p->>'attempt_id')::uuid, (p->>'started_at')::timestamptz);
  end if;
  x := p->'new_attempt';
  if jsonb_typeof(x) = 'object' then
    insert into attempt select * from jsonb_populate_record(null::attempt, x);
  end if;
  x := p->'attempt';
  if jsonb_typeof(x) = 'object' then
    update attempt set stage = x->>'stage', last_step_at = v_now, second_asked = (x->>'second_asked')::boolean, last_refusal = x->>'last_refusal',
        reasons = array(select jsonb_array_elements_text(x->'reasons')), policy_version = (x->>'policy_version')::int,
        decided_at = (x->>'decided_at')::timestamptz, decision = x->>'decision'
      where tenant_id = v_tenant and attempt_id = (p->>'attempt_id')::uuid and stage = x->>'was_stage';
    get diagnostics n = row_count;
    if n = 0 then
      raise exception 'the attempt has moved on' using errcode = '40001';
    end if;
  end if;
  x := p->'new_challenge';
  if jsonb_typeof(x) = 'object' then
    -- One sent code at a time for a member: the one before is worth nothing from here on.
    if x->>'code_sealed' is not null then
      update challenge set spent_at = v_now
        where tenant_id = v_tenant and subject_id = v_subject and code_sealed is not null and spent_at is null
          and method_id is not distinct from (x->>'method_id')::uuid;
    end if;
    insert into challenge select * from jsonb_populate_record(null::challenge, x);
  end if;
  x := p->'new_delivery';
  if jsonb_typeof(x) = 'object' then
    insert into delivery select * from jsonb_populate_record(null::delivery, x);
  end if;
  x := p->'challenge';
  if jsonb_typeof(x) = 'object' then
    update challenge set wrong_count = (x->>'wrong_count')::int, spent_at = (x->>'spent_at')::timestamptz, right_at = (x->>'right_at')::timestamptz
      where tenant_id = v_tenant and challenge_id = (x->>'challenge_id')::uuid and spent_at is null and expires_at > v_now;
    get diagnostics n = row_count;
    if n = 0 then
      raise exception 'the challenge is spent' using errcode = '40001';
    end if;
  end if;

  if jsonb_typeof(p->'attempt') = 'object' then
    select coalesce(max(s.n), 0) into v_steps from attempt_step s where s.tenant_id = v_tenant and s.attempt_id = (p->>'attempt_id')::uuid and s.occurred_at = v_now;
  end if;
  insert into attempt_step (tenant_id, occurred_at, attempt_id, n, kind, detail)
    select v_tenant, v_now, (p->>'attempt_id')::uuid, v_steps + s.ordinality, s.value->>'kind', coalesce(s.value->'detail', '{}')
    from jsonb_array_elements(p->'steps') with ordinality s;

  x := p->'log';
  if jsonb_typeof(x) = 'object' then
    insert into auth_log (tenant_id, occurred_at, attempt_id, session_id, correlation_id, started_at, subject_id, member_id, door, purpose, path, decision, reason,
        transport_result, second_factor, application, method_id, method_kind, mode, registration_reasons, policy_version, policy_mfa_state, policy_roles,
        policy_groups, policy_client, policy_then, policy_rules, delivery, node, server_ip, sealed, upn_mac, client_ip_mac, phone_tail_mac, format, salt, leaf_hash)
      select r.tenant_id, r.occurred_at, r.attempt_id, r.session_id, r.correlation_id, r.started_at, r.subject_id, r.member_id, r.door, r.purpose, r.path, r.decision,
        r.reason, r.transport_result, r.second_factor, r.application, r.method_id, r.method_kind, r.mode, r.registration_reasons, r.policy_version, r.policy_mfa_state,
        r.policy_roles, r.policy_groups, r.policy_client, r.policy_then, r.policy_rules, r.delivery, r.node, r.server_ip, r.sealed, r.upn_mac, r.client_ip_mac,
        r.phone_tail_mac, r.format, r.salt, r.leaf_hash
      from jsonb_populate_record(null::auth_log, x) r;
    if (x->>'second_factor')::boolean then
      insert into usage (tenant_id, day, attempt_id, provider_id, licensed) values (v_tenant, (v_now at time zone 'UTC')::date, (p->>'attempt_id')::uuid, null, false);
    end if;
  end if;

  if jsonb_array_length(p->'audits') > 0 then
    insert into audit_log (tenant_id, occurred_at, audit_id, event, actor_kind, actor_id, target_kind, target_id, reason, session_id, sealed, format, salt, leaf_hash)
      select r.tenant_id, r.occurred_at, r.audit_id, r.event, r.actor_kind, r.actor_id, r.target_kind, r.target_id, r.reason, r.session_id, r.sealed, r.format, r.salt, r.leaf_hash
      from jsonb_populate_recordset(null::audit_log, p->'audits') r;
  end if;
  if jsonb_array_length(p->'notices') > 0 then
    insert into outbox (outbox_id, tenant_id, member_id, kind, sealed, created_at, run_at, tries)
      select r.outbox_id, v_tenant, v_subject, r.kind, r.sealed, v_now, v_now, 0 from jsonb_populate_recordset(null::outbox, p->'notices') r;
  end if;
  x := p->'idempotency';
  if jsonb_typeof(x) = 'object' then
    delete from idempotency where tenant_id = v_tenant and key_id = (x->>'key_id')::uuid and idem_hash = (x->>'idem_hash')::bytea
      and created_at <= v_now - interval '10 minutes';
    insert into idempotency select * from jsonb_populate_record(null::idempotency, x);
  end if;
end $$;
