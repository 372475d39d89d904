-- Our own two statements as a script of pgbench. Their arguments are those of a real verification: the document of one commit was caught on its
-- way (see catch.sql), and what differs from verification to verification is put in by the statement itself. No member is asked twice at once, and
-- each round claims the next step and expects the next version of the guard, so that every commit goes through, as it does behind the server.

-- Each member has a guard at version 1, as everybody has who has been here before; no step is used.
insert into throttle (tenant_id, subject_id, scope, version) select tenant_id, member_id, 'guard', 1 from member
  on conflict (tenant_id, subject_id, scope) do update set version = 1;
update method set last_step = -1;
create table bench_member as
  select substring(m.upn_folded from '^m(\d+)@')::int as n, m.member_id, t.method_id from member m join method t using (tenant_id, member_id);
create unique index on bench_member (n);
grant select on bench_member to :app;
vacuum analyze;

select d.document->>'tenant_id' as tenant, k.key_id as key from bench_commit d, api_key k limit 1 \gset
select replace(quote_literal(replace(replace(replace(replace(replace(replace(replace(replace(
    replace(document::text, '%', '%%'),
    document->>'subject_id', '%1$s'),
    document->'method_used'->>'method_id', '%2$s'),
    document->>'attempt_id', '%3$s'),
    document->>'now', '%4$s'),
    '"locator": ' || (document->>'locator'), '"locator": %5$s'),
    '"session_id": ' || (document->>'locator'), '"session_id": %5$s'),
    '"guard_version": ' || (document->>'guard_version'), '"guard_version": %6$s'),
    '"step": ' || (document->'method_used'->>'step'), '"step": %6$s')), E'\n', ' ') as document
  from bench_commit limit 1 \gset

select format($script$\set i :i + 1
\set n (:client_id * (:members / :clients) + :i %% (:members / :clients)) * 7919 %% :members
\set round 1 + :i / (:members / :clients)
\set locator random(0, 9000000000000000000)
select verification_load('%s', '%s', 'm' || :n || '@bench.example', '00000000-0000-0000-0000-000000000000', null, null, 1, now());
select verification_commit(format(%s, member_id, method_id, lpad(to_hex((extract(epoch from clock_timestamp()) * 1000)::bigint), 12, '0') || right(replace(gen_random_uuid()::text, '-', ''), 20), clock_timestamp(), :locator::text, :round::text)::jsonb) from bench_member where n = :n;
$script$, :'tenant', :'key', :'document');
