-- Row-level security on every tenant table, forced for owners too: without a tenant no row is seen, and none is written for another.
do $$
declare t text;
begin
  for t in select c.relname from pg_class c join pg_description d on d.objoid = c.oid and d.objsubid = 0
           where c.relkind in ('r', 'p') and d.description = 'tenant' and c.relnamespace = 'public'::regnamespace
  loop
    execute format('alter table %I enable row level security', t);
    execute format('alter table %I force row level security', t);
    execute format('create policy %I on %I using (tenant_id = app_tenant()) with check (tenant_id = app_tenant())', t || '_tenant', t);
  end loop;
end $$;
