-- Keeps the document of every commit from here on, until release.sql.
create table bench_commit (document jsonb);
alter function verification_commit(jsonb) rename to verification_commit_itself;
create function verification_commit(p jsonb) returns void language plpgsql security definer as $$ begin
  insert into bench_commit values (p);
  perform verification_commit_itself(p);
end $$;
