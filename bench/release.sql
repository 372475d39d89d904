drop function verification_commit(jsonb);
alter function verification_commit_itself(jsonb) rename to verification_commit;
delete from bench_commit where document->'method_used' is null or document->'method_used' = 'null';
