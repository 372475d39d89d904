-- What the roles may do. Run after every migration, with {app} and {keeper} replaced by the names of the two roles.
revoke all on schema public from public;
grant usage on schema public to {app}, {keeper};

grant select, insert, update on tenant, tenant_domain, operator, staff_grant, tenant_key, subject_key, member, password, "group", group_member, role_grant,
  set_up_link, api_key, method, recovery_code, throttle, failure_day, attempt, challenge, idempotency, session, session_locator, node, lease, outbox,
  oath_token, token_import, delivery_provider, sender, delivery, sent_hour, user_handle, ceremony, fido_metadata, access_pass, block, bypass, trusted_network, remembered_device, app_password, security_answer, emergency_key, conversion_alarm, notice_link, password_reset, call_pin, ticket, ticket_message to {app};
grant delete on operator, staff_grant, group_member, role_grant, recovery_code, throttle, failure_day, idempotency, session, password, tenant_domain, ceremony, trusted_network, sender,
  security_answer, outbox, notice_link, call_pin, ticket, ticket_message to {app};
-- Which migrations are there: asked before a node says it is ready.
grant select on _sqlx_migrations to {app};
-- Append only: the application can add and read, never change.
grant select, insert on policy_version, logo, auth_log, attempt_step, audit_log, usage, installation_log, log_tile, checkpoint to {app};
grant execute on function make_partitions(date, int) to {app};
revoke execute on function make_partitions(date, int) from public;

-- The keeper lets time pass: what is past its retention goes.
grant select on tenant to {keeper};
grant select, delete on auth_log, attempt_step, audit_log, usage, attempt, challenge, session_locator, session, idempotency, failure_day, outbox, token_import, delivery, sent_hour, conversion_alarm to {keeper};
grant select, update on subject_key, member to {keeper};
