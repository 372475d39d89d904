-- Texts and calls are counted as they are written, by hour and country: what a tenant has sent in a day is read from some hundred rows, however much it is.

-- Written by the statement that queues the messages, so that no count can be forgotten and none stays without its message. One row would be a queue of all
-- who send at a time: each connection counts on one of eight.
create table sent_hour (
  tenant_id uuid not null references tenant,
  hour      timestamptz not null,
  country   text not null,
  shard     smallint not null,
  messages  int not null,
  primary key (tenant_id, hour, country, shard)
) with (fillfactor = 40);
comment on table sent_hour is 'tenant';

-- Whoever queues messages counts them, from this transaction on: between it and grants.sql nothing may fail.
do $$ declare r text; begin
  for r in select grantee from information_schema.role_table_grants where table_schema = 'public' and table_name = 'delivery' and privilege_type = 'INSERT'
      and grantee <> current_user loop
    execute format('grant select, insert, update on sent_hour to %I', r);
  end loop;
end $$;

create function count_sent() returns trigger language plpgsql as $$
begin
  insert into sent_hour as s (tenant_id, hour, country, shard, messages)
    select tenant_id, date_trunc('hour', created_at, 'UTC'), coalesce(country, ''), pg_backend_pid() % 8, count(*) from added
    where channel in ('sms', 'voice') group by 1, 2, 3 order by 1, 2, 3
    on conflict (tenant_id, hour, country, shard) do update set messages = s.messages + excluded.messages;
  return null;
end $$;
create trigger delivery_counted after insert on delivery referencing new table as added for each statement execute function count_sent();

insert into sent_hour (tenant_id, hour, country, shard, messages)
  select tenant_id, date_trunc('hour', created_at, 'UTC'), coalesce(country, ''), 0, count(*) from delivery
  where channel in ('sms', 'voice') and created_at > now() - interval '2 days' group by 1, 2, 3;

alter table sent_hour enable row level security;
alter table sent_hour force row level security;
create policy sent_hour_tenant on sent_hour using (tenant_id = app_tenant()) with check (tenant_id = app_tenant());

-- Of the hour that began between 24 and 25 hours ago all are counted: never fewer than those of a day.
create function sent_in_a_day(p_tenant uuid, p_now timestamptz) returns json language sql stable as $$
  select coalesce(json_agg(x), '[]') from (select nullif(country, '') as country, sum(messages)::int as count from sent_hour
    where tenant_id = p_tenant and hour > p_now - interval '25 hours' group by country) x
$$;

-- What has been sent, for the budgets: to this member, to the same numbers, in this tenant today; and what there is to send with.
create function verification_sends(p_tenant uuid, p_subject uuid, p_member uuid, p_now timestamptz) returns json language plpgsql stable as $$
begin
  return json_build_object(
    'member', (select coalesce(json_agg(d.created_at order by d.created_at), '[]') from delivery d
               where d.tenant_id = p_tenant and d.subject_id = p_subject and d.channel in ('sms', 'voice') and d.created_at > p_now - interval '15 minutes'),
    'mails', (select coalesce(json_agg(d.created_at order by d.created_at), '[]') from delivery d
               where d.tenant_id = p_tenant and d.subject_id = p_subject and d.channel = 'mail' and d.created_at > p_now - interval '15 minutes'),
    'addresses', (select coalesce(json_agg(x), '[]') from (select d.address_mac as mac, count(*)::int as count, min(d.created_at) as first from delivery d
               where d.tenant_id = p_tenant and d.created_at > p_now - interval '1 hour'
                 and d.address_mac = any (array(select address_mac from method where tenant_id = p_tenant and member_id = p_member and state <> 'removed'
                   and address_mac is not null))
               group by d.address_mac) x),
    'countries', sent_in_a_day(p_tenant, p_now),
    'prefixes', (select coalesce(json_agg(x), '[]') from (select own.prefix, count(*)::int as count, count(*) filter (where c.right_at is not null)::int as answered
               from (select distinct params->>'prefix' as prefix from method where tenant_id = p_tenant and member_id = p_member and state <> 'removed'
                   and kind in ('sms', 'voice')) own
               join delivery d on d.tenant_id = p_tenant and d.prefix = own.prefix and d.prefix is not null and d.created_at > p_now - interval '1 day'
               left join challenge c on c.tenant_id = p_tenant and c.challenge_id = d.challenge_id
               group by own.prefix) x),
    'routes', (select coalesce(json_agg(json_build_object('provider_id', p.provider_id, 'tenant_id', p.tenant_id, 'channel', p.channel, 'name', p.name,
                 'rank', p.rank, 'resting', coalesce(p.rests_until > p_now, false)) order by (p.tenant_id is null), p.rank), '[]')
               from delivery_provider p where p.enabled and (p.tenant_id is null or p.tenant_id = p_tenant)),
    'senders', (select coalesce(json_agg(json_build_object('channel', e.channel, 'country', e.country, 'kind', e.kind, 'value', e.value,
                 'provider_id', e.provider_id, 'tenant_id', e.tenant_id) order by (e.tenant_id is null), e.valid_from desc), '[]')
               from sender e where (e.tenant_id is null or e.tenant_id = p_tenant) and e.valid_from <= p_now and (e.valid_until is null or e.valid_until > p_now))
  );
end $$;

-- As it was, but for what is sent.
create or replace function verification_facts(p_tenant uuid, p_key uuid, p_upn text, p_unknown uuid, p_attempt uuid, p_idem bytea,
                                  p_known_policy int, p_sends boolean, p_now timestamptz,
                                  p_member uuid, p_ip inet, p_device bytea) returns json language plpgsql stable as $$
declare
  a attempt; m member; s uuid; v_open uuid;
  v_key json; v_trusted boolean := false; v_device json; v_answered json; v_password json; v_challenge json; v_deliveries json := '[]'; v_sends json; v_reset json;
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
  if p_key is not null then
    v_key := (select json_build_object('key_id', key_id, 'hash', hash, 'scopes', scopes, 'path', path, 'networks', networks)
             from api_key where tenant_id = p_tenant and key_id = p_key and revoked_at is null and (expires_at is null or expires_at > p_now));
  end if;
  if p_ip is not null then
    v_trusted := exists (select 1 from trusted_network where tenant_id = p_tenant and range >>= p_ip);
  end if;
  if p_device is not null then
    v_device := (select json_build_object('device_id', device_id, 'epoch', epoch, 'expires_at', expires_at, 'agent', agent)
               from remembered_device where tenant_id = p_tenant and member_id = m.member_id and hash = p_device and ended_at is null and expires_at > p_now);
  end if;
  if p_idem is not null then
    v_answered := (select json_build_object('request_hash', request_hash, 'answer', answer) from idempotency
                where tenant_id = p_tenant and key_id = p_key and idem_hash = p_idem and created_at > p_now - interval '10 minutes');
  end if;
  if a.attempt_id is not null then
    v_password := (select json_build_object('phc', phc, 'pepper_version', pepper_version) from password where tenant_id = p_tenant and member_id = m.member_id);
    v_challenge := (select row_to_json(c) from challenge c where c.tenant_id = p_tenant and c.attempt_id = a.attempt_id order by c.created_at desc, c.challenge_id desc limit 1);
    v_deliveries := (select coalesce(json_agg(json_build_object('n', d.n, 'challenge_id', d.challenge_id, 'channel', d.channel, 'provider_id', d.provider_id,
                  'provider', d.provider, 'sender', d.sender, 'status', d.status, 'masked', d.masked) order by d.created_at, d.n), '[]')
                from challenge c join delivery d on d.tenant_id = c.tenant_id and d.challenge_id = c.challenge_id
                where c.tenant_id = p_tenant and c.attempt_id = a.attempt_id);
  else
    -- A challenge that another call has left open: its code may come with this one.
    v_open := (select c.attempt_id from challenge c where c.tenant_id = p_tenant and c.subject_id = s and c.code_sealed is not null and c.spent_at is null
                  and c.expires_at > p_now and c.purpose = 'verification' order by c.created_at desc limit 1);
  end if;
  if p_sends then
    v_sends := verification_sends(p_tenant, s, m.member_id, p_now);
  end if;
  -- What a reset needs beside the methods: where one goes on, and where it may be asked whether one could. Read the same way for a name that nobody has.
  if p_key is null and (a.attempt_id is null or a.stage = 'password' or a.purpose = 'reset') then
    v_reset := json_build_object(
        'answers', (select count(*) from security_answer where tenant_id = p_tenant and member_id = m.member_id),
        'shared', (select coalesce(json_agg(x), '[]') from (select o.method_id, count(distinct b.member_id) as others from method o
                   join method b on b.tenant_id = o.tenant_id and b.address_mac = o.address_mac and b.member_id <> o.member_id and b.state in ('active', 'off')
                   where o.tenant_id = p_tenant and o.member_id = m.member_id and o.address_mac is not null and o.state in ('active', 'off')
                     and b.address_mac is not null and b.state <> 'removed' group by o.method_id) x),
        'channels', (select coalesce(json_agg(distinct p.channel), '[]') from delivery_provider p where p.enabled and (p.tenant_id is null or p.tenant_id = p_tenant)),
        'shown', (select coalesce(json_agg(c.kind), '[]') from challenge c where c.tenant_id = p_tenant and c.attempt_id = a.attempt_id and c.purpose = 'reset'
                   and c.right_at is not null and c.kind is not null));
  end if;
  return json_build_object(
    'database_now', clock_timestamp(),
    'tenant', (select json_build_object('slug', slug, 'name', name, 'profile', profile, 'suspended', suspended_at is not null,
                 'log_names', log_names, 'log_mail', log_mail, 'locale', locale) from tenant where tenant_id = p_tenant),
    'key', v_key,
    'member', case when m.member_id is null then null else json_build_object('member_id', m.member_id, 'upn', m.upn, 'given_name', m.given_name,
             'family_name', m.family_name, 'mail', m.mail, 'locale', m.locale, 'mfa_state', m.mfa_state, 'epoch', m.epoch, 'disabled', m.disabled_at is not null,
             'grace_from', m.grace_from, 'user_handle', (select user_handle from user_handle h where h.tenant_id = p_tenant and h.member_id = m.member_id), 'default_method', m.default_method,
             'roles', (select coalesce(json_agg(role), '[]') from role_grant where tenant_id = p_tenant and member_id = m.member_id),
             'operator', exists (select 1 from operator o where o.tenant_id = p_tenant and o.member_id = m.member_id),
             'groups', (select coalesce(json_agg(g.name), '[]') from group_member gm join "group" g on g.tenant_id = gm.tenant_id and g.group_id = gm.group_id
                        where gm.tenant_id = p_tenant and gm.member_id = m.member_id)) end,
    'password', v_password,
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
    'trusted', v_trusted,
    'device', v_device,
    'policy', (select json_build_object('version', version, 'document', case when version = p_known_policy then null else document end)
               from policy_version where tenant_id = p_tenant order by version desc limit 1),
    'attempt', case when a.attempt_id is null then null else row_to_json(a) end,
    'challenge', v_challenge,
    'open_attempt', v_open,
    'deliveries', v_deliveries,
    'sends', v_sends,
    'answered', v_answered,
    'for_reset', v_reset
  );
end $$;
