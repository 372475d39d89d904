-- Repeats the first sign-in of the member :name until there are :rows of it, evenly over the last 90 days. Only the moment differs, so every row can
-- be opened and shown.
set client_min_messages = warning;
create table if not exists bench_row as select l.* from auth_log l join member m using (tenant_id, member_id) where m.upn_folded = :'name'
  order by l.occurred_at limit 1;
delete from auth_log where tenant_id = (select tenant_id from bench_row) and subject_id = (select subject_id from bench_row);
select string_agg(case column_name when 'occurred_at' then 'now() - n * (interval ''90 days'' / ' || :rows || ')' else quote_ident(column_name) end,
  ', ' order by ordinal_position) as columns from information_schema.columns where table_name = 'auth_log' \gset
insert into auth_log select :columns from bench_row, generate_series(1, :rows) n;
vacuum analyze auth_log;
-- The row before page 1,000: its moment in microseconds, and its id.
select (extract(epoch from occurred_at) * 1000000)::bigint || ' ' || attempt_id from auth_log
  where tenant_id = (select tenant_id from bench_row) and subject_id = (select subject_id from bench_row)
  order by occurred_at desc, attempt_id desc offset :before - 1 limit 1;
