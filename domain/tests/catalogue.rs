//! The schema as Postgres knows it after all migrations: every tenant table behind row security with `tenant_id` first in every key, every sensitive
//! column in a registry, no right too many. What is new and stands in no list makes a test red (bars 7 and 38).

use domain::vault::SealedColumn;
use sqlx::{AssertSqlSafe, PgPool};
use std::collections::{BTreeMap, BTreeSet};

/// Hashes, MACs and other bytes that are neither readable nor sealed by the vault's [`SealedColumn`]s, and why they may stand there.
const HASHES: &[(&str, &str)] = &[
    ("notice_link.token_hash", "SHA-256 of 256 bits of a MAC"),
    ("logo.hash", "SHA-256 of a picture that everybody sees"),
    ("logo.png", "a picture that everybody sees"),
    ("outbox.reached", "MACs of the addresses that have the notice"),
    ("access_pass.mac", "MAC of a pass, bound to the member"),
    ("api_key.hash", "SHA-256 of 256 random bits"),
    ("app_password.mac", "MAC of 16 random letters, bound to the member"),
    ("audit_log.leaf_hash", "leaf of the verifiable journal"),
    ("audit_log.salt", "salt of the leaf"),
    ("auth_log.client_ip_mac", "MAC to search by"),
    ("auth_log.leaf_hash", "leaf of the verifiable journal"),
    ("auth_log.phone_tail_mac", "MAC to search by"),
    ("auth_log.salt", "salt of the leaf"),
    ("auth_log.upn_mac", "MAC to search by"),
    ("delivery.address_mac", "MAC of a number or mailbox, to count messages by"),
    ("call_pin.phc", "Argon2id with a pepper, in PHC form"),
    ("ceremony.session_hash", "SHA-256 of 256 random bits"),
    ("checkpoint.root", "root of the verifiable journal"),
    ("emergency_key.mac", "MAC of 160 random bits, bound to the member"),
    ("idempotency.idem_hash", "SHA-256 of the caller's key"),
    ("idempotency.request_hash", "SHA-256 of the request"),
    ("log_tile.hashes", "leaves of the verifiable journal"),
    ("method.address_mac", "MAC of a number or mailbox, to count messages by"),
    ("password.phc", "Argon2id with a pepper, in PHC form"),
    ("password_reset.token_hash", "SHA-256 of 256 random bits"),
    ("recovery_code.mac", "MAC of 120 random bits, bound to the member"),
    ("remembered_device.hash", "SHA-256 of 256 random bits"),
    ("security_answer.phc", "Argon2id with a pepper, in PHC form"),
    ("session.id_hash", "SHA-256 of 256 random bits"),
    ("set_up_link.token_hash", "SHA-256 of 256 random bits"),
    ("ticket.source_mac", "MAC of a place, to count tickets by"),
    ("throttle.same", "MACs of the last wrong passwords"),
];

/// JSON columns and what they hold: no secret, no personal value.
const DOCUMENTS: &[(&str, &str)] = &[
    ("attempt_step.detail", "details of a step, without personal values"),
    ("auth_log.policy_rules", "what each rule of the policy said"),
    ("ceremony.state", "the challenge of a passkey, five minutes"),
    ("delivery_provider.settings", "addresses and names of a gateway, without its secret"),
    ("fido_metadata.content", "what is publicly known about makes and models of authenticators"),
    ("idempotency.answer", "the answer of a verification, ten minutes"),
    ("installation_log.detail", "details of an event of the installation"),
    (
        "method.params",
        "digits, period and hash of an app; the masked number of a phone; the public key of a passkey",
    ),
    ("oath_token.params", "digits, period and hash of a token"),
    ("policy_version.document", "the policy"),
    ("session.data", "where to go back after signing in"),
    ("token_import.report", "rows of a token file that were refused, without secrets"),
];

/// Where the application may only add and read.
const APPEND_ONLY: &[&str] = &[
    "attempt_step",
    "audit_log",
    "auth_log",
    "checkpoint",
    "installation_log",
    "log_tile",
    "logo",
    "policy_version",
    "usage",
];

/// Where it may delete as well: what ends, and what is replaced whole.
const DELETABLE: &[&str] = &[
    "call_pin",
    "notice_link",
    "outbox",
    "ceremony",
    "failure_day",
    "group_member",
    "idempotency",
    "operator",
    "password",
    "recovery_code",
    "role_grant",
    "security_answer",
    "sender",
    "session",
    "staff_grant",
    "tenant_domain",
    "throttle",
    "ticket",
    "ticket_message",
    "trusted_network",
];

/// A migrated database with this month's partitions, seen by the owner.
struct Catalogue {
    owner: PgPool,
    _database: testkit::TestDatabase,
}

impl Catalogue {
    async fn new() -> Self {
        let database = testkit::database().await;
        let owner = PgPool::connect(&database.owner_url).await.expect("the owner");
        let made: i32 = sqlx::query_scalar("select make_partitions(current_date, 2)")
            .fetch_one(&owner)
            .await
            .expect("partitions");
        assert_eq!(made, 6);
        Self { owner, _database: database }
    }

    /// The first column of what a query answers.
    async fn texts(&self, sql: &str) -> Vec<String> {
        sqlx::query_scalar(AssertSqlSafe(sql.to_owned())).fetch_all(&self.owner).await.expect(sql)
    }

    /// The first two columns.
    async fn pairs(&self, sql: &str) -> Vec<(String, String)> {
        sqlx::query_as(AssertSqlSafe(sql.to_owned())).fetch_all(&self.owner).await.expect(sql)
    }

    async fn set(&self, sql: &str) -> BTreeSet<String> {
        self.texts(sql).await.into_iter().collect()
    }

    /// Tables without partitions, by the class that their comment names.
    async fn classes(&self) -> BTreeMap<String, String> {
        self.pairs(
            "select c.relname::text, coalesce(d.description, '') from pg_class c left join pg_description d on d.objoid = c.oid and d.objsubid = 0
             where c.relkind in ('r', 'p') and not c.relispartition and c.relnamespace = 'public'::regnamespace and c.relname <> '_sqlx_migrations'",
        )
        .await
        .into_iter()
        .collect()
    }

    async fn of_class(&self, class: &str) -> BTreeSet<String> {
        let classes = self.classes().await;
        classes.into_iter().filter(|(_, c)| c == class).map(|(table, _)| table).collect()
    }
}

fn names(list: &[(&str, &str)]) -> BTreeSet<String> {
    list.iter().map(|(name, _)| (*name).to_owned()).collect()
}

#[tokio::test]
async fn every_table_says_its_class() {
    let catalogue = Catalogue::new().await;
    let unclassed: Vec<_> = catalogue
        .classes()
        .await
        .into_iter()
        .filter(|(_, class)| !["tenant", "reference", "local"].contains(&class.as_str()))
        .collect();
    assert!(unclassed.is_empty(), "a comment 'tenant', 'reference' or 'local' is missing: {unclassed:?}");
    let tenant = catalogue.of_class("tenant").await;
    assert!(tenant.len() >= 20, "{tenant:?}");
    // What names a tenant and is not a tenant table is read before a tenant is known, and stands here for that reason.
    let outside = catalogue
        .set(
            "select c.relname::text from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'tenant_id'
             join pg_description d on d.objoid = c.oid and d.objsubid = 0 where c.relkind in ('r', 'p') and d.description <> 'tenant'",
        )
        .await;
    let expected = [
        "conversion_alarm",
        "delivery",
        "delivery_provider",
        "operator",
        "outbox",
        "sender",
        "session",
        "session_locator",
        "staff_grant",
        "tenant",
        "tenant_domain",
        "user_handle",
    ];
    assert_eq!(outside, expected.map(str::to_owned).into());
}

/// Bar 7: row security, forced for owners too, with the one policy that there is, on every tenant table and every partition.
#[tokio::test]
async fn every_tenant_table_is_behind_row_security() {
    let catalogue = Catalogue::new().await;
    let tenant = catalogue.of_class("tenant").await;
    let protected = catalogue
        .set("select relname::text from pg_class where relkind in ('r', 'p') and relnamespace = 'public'::regnamespace and relrowsecurity and relforcerowsecurity and not relispartition")
        .await;
    assert_eq!(protected, tenant);
    let policies = catalogue
        .pairs(
            "select tablename::text, concat_ws(' | ', permissive, roles::text, cmd, qual, with_check) from pg_policies where schemaname = 'public' order by 1",
        )
        .await;
    let one = "PERMISSIVE | {public} | ALL | (tenant_id = app_tenant()) | (tenant_id = app_tenant())";
    let expected: Vec<(String, String)> = tenant.iter().map(|table| (table.clone(), one.to_owned())).collect();
    assert_eq!(policies, expected);
    let open = catalogue
        .texts("select relname::text from pg_class where relispartition and relkind = 'r' and not (relrowsecurity and relforcerowsecurity)")
        .await;
    assert!(open.is_empty(), "partitions without row security: {open:?}");
    let body = catalogue
        .texts("select pg_get_functiondef(oid) from pg_proc where proname = 'app_tenant'")
        .await;
    let body = body[0].to_lowercase();
    assert!(
        body.contains("nullif(current_setting('app.tenant'::text, true), ''::text))::uuid"),
        "no tenant means no rows, also after a rollback, when the setting reads '': {body}"
    );
}

/// So that the schema can be spread over many machines by tenant, and no key tells one tenant what another has.
#[tokio::test]
async fn the_tenant_is_first_in_every_key() {
    let catalogue = Catalogue::new().await;
    let tenant = catalogue.of_class("tenant").await;
    let indexes = catalogue
        .pairs(
            "select t.relname::text, i.relname || ' ' || coalesce(a.attname, '(expression)') from pg_index x
             join pg_class t on t.oid = x.indrelid join pg_class i on i.oid = x.indexrelid
             left join pg_attribute a on a.attrelid = t.oid and a.attnum = x.indkey[0]
             where t.relnamespace = 'public'::regnamespace and not t.relispartition",
        )
        .await;
    let wrong: Vec<_> = indexes
        .iter()
        .filter(|(table, index)| tenant.contains(table) && !index.ends_with(" tenant_id"))
        .collect();
    assert!(wrong.is_empty(), "{wrong:?}");
    let keyless: Vec<_> = {
        let keyed = catalogue
            .set("select conrelid::regclass::text from pg_constraint where contype = 'p' and connamespace = 'public'::regnamespace")
            .await;
        tenant.iter().filter(|table| !keyed.iter().any(|k| k.trim_matches('"') == *table)).collect()
    };
    assert!(keyless.is_empty(), "no primary key: {keyless:?}");
    let foreign = catalogue
        .pairs(
            "select c.conrelid::regclass::text || ' -> ' || c.confrelid::regclass::text, a.attname || ' ' || f.attname from pg_constraint c
             join pg_attribute a on a.attrelid = c.conrelid and a.attnum = c.conkey[1] join pg_attribute f on f.attrelid = c.confrelid and f.attnum = c.confkey[1]
             where c.contype = 'f' and c.connamespace = 'public'::regnamespace and c.conparentid = 0",
        )
        .await;
    let wrong: Vec<_> = foreign
        .iter()
        .filter(|(arrow, first)| {
            let (from, _) = arrow.split_once(" -> ").expect("an arrow");
            tenant.contains(from.trim_matches('"')) && first != "tenant_id tenant_id"
        })
        .collect();
    assert!(wrong.is_empty(), "{wrong:?}");
    let into_tenant: Vec<_> = foreign
        .iter()
        .filter_map(|(arrow, _)| arrow.split_once(" -> "))
        .filter(|(from, to)| !tenant.contains(from.trim_matches('"')) && tenant.contains(to.trim_matches('"')))
        .collect();
    assert!(into_tenant.is_empty(), "an installation table hangs on a tenant table: {into_tenant:?}");
    let counted = catalogue.texts("select relname::text from pg_class where relkind = 'S'").await;
    assert!(counted.is_empty(), "a sequence gives numbers with a meaning: {counted:?}");
    let nullable = catalogue
        .pairs("select c.relname::text, a.attname::text from pg_attribute a join pg_class c on c.oid = a.attrelid where a.attname = 'tenant_id' and not a.attnotnull and c.relkind in ('r', 'p')")
        .await;
    let nullable: Vec<_> = nullable.iter().filter(|(table, _)| tenant.contains(table)).collect();
    assert!(nullable.is_empty(), "{nullable:?}");
}

/// Bar 38: every column of bytes, and every text with the name of a secret, is sealed by the vault or in the list of hashes above.
#[tokio::test]
async fn every_sensitive_column_is_in_a_registry() {
    let catalogue = Catalogue::new().await;
    let sensitive = catalogue
        .set(
            "select c.relname || '.' || a.attname from pg_attribute a join pg_class c on c.oid = a.attrelid
             where c.relkind in ('r', 'p') and not c.relispartition and c.relnamespace = 'public'::regnamespace and c.relname <> '_sqlx_migrations'
               and a.attnum > 0 and not a.attisdropped
               and (a.atttypid in ('bytea'::regtype, 'bytea[]'::regtype)
                    or a.attname ~ '(sealed|wrapped|hash|mac|phc|secret|token|seed|pin|code|key)(_|$)'
                       and a.attname !~ '_(at|id|count|version)$' and a.attname not in ('key_id'))",
        )
        .await;
    let sealed: BTreeSet<String> = SealedColumn::ALL
        .iter()
        .map(|column| column.place())
        .map(|(table, column)| format!("{table}.{column}"))
        .collect();
    let known: BTreeSet<String> = sealed.union(&names(HASHES)).cloned().collect();
    let unknown: Vec<_> = sensitive.difference(&known).collect();
    assert!(unknown.is_empty(), "in no registry: {unknown:?}");
    let gone: Vec<_> = known.difference(&sensitive).collect();
    assert!(gone.is_empty(), "in a registry but not in the schema: {gone:?}");
}

#[tokio::test]
async fn every_document_column_is_named() {
    let catalogue = Catalogue::new().await;
    let documents = catalogue
        .set(
            "select c.relname || '.' || a.attname from pg_attribute a join pg_class c on c.oid = a.attrelid
             where c.relkind in ('r', 'p') and not c.relispartition and c.relnamespace = 'public'::regnamespace
               and a.attnum > 0 and not a.attisdropped and a.atttypid in ('json'::regtype, 'jsonb'::regtype)",
        )
        .await;
    assert_eq!(documents, names(DOCUMENTS));
}

/// The rights of the application's role, table by table: it owns nothing, changes no journal, and reaches partitions only through their parents.
#[tokio::test]
async fn the_application_has_no_right_too_many() {
    let catalogue = Catalogue::new().await;
    let granted = catalogue
        .pairs(&format!(
            "select c.relname::text, concat_ws(' ', {}) from pg_class c where c.relkind in ('r', 'p', 'v', 'm', 'f', 'S') and c.relnamespace = 'public'::regnamespace order by 1",
            ["select", "insert", "update", "delete", "truncate", "references", "trigger"]
                .map(|right| format!("case when has_table_privilege('{}', c.oid, '{right}') then '{right}' end", testkit::APP))
                .join(", ")
        ))
        .await;
    let classes = catalogue.classes().await;
    for (table, rights) in &granted {
        let expected = match table.as_str() {
            "_sqlx_migrations" => "select",
            t if APPEND_ONLY.contains(&t) => "select insert",
            t if DELETABLE.contains(&t) => "select insert update delete",
            t if classes.contains_key(t) => "select insert update",
            // A partition.
            _ => "",
        };
        assert_eq!(rights, expected, "{table}");
    }
    let columns = catalogue
        .texts("select c.relname || '.' || attname from pg_attribute a join pg_class c on c.oid = a.attrelid where attacl is not null and c.relnamespace = 'public'::regnamespace")
        .await;
    assert!(columns.is_empty(), "rights on single columns: {columns:?}");
    let keeper = catalogue
        .pairs(&format!(
            "select c.relname::text, concat_ws(' ', {}) from pg_class c where c.relkind in ('r', 'p') and c.relnamespace = 'public'::regnamespace order by 1",
            ["insert", "update", "truncate", "trigger"]
                .map(|right| format!("case when has_table_privilege('{}', c.oid, '{right}') then '{right}' end", testkit::KEEPER))
                .join(", ")
        ))
        .await;
    for (table, rights) in keeper {
        let expected = if ["member", "subject_key"].contains(&table.as_str()) { "update" } else { "" };
        assert_eq!(rights, expected, "{table} for the keeper");
    }
    for role in [testkit::APP, testkit::KEEPER] {
        let roles = catalogue
            .texts(&format!(
                "select concat_ws(' ', rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, has_schema_privilege('{role}', 'public', 'create'),
                   exists (select 1 from pg_class where relowner = r.oid), exists (select 1 from pg_auth_members m where m.member = r.oid)) from pg_roles r where rolname = '{role}'"
            ))
            .await;
        assert_eq!(roles, ["f f f f f f f"], "{role}");
    }
    let everybody = catalogue
        .texts("select c.relname::text from pg_class c, aclexplode(c.relacl) a where a.grantee = 0 and c.relnamespace = 'public'::regnamespace")
        .await;
    assert!(everybody.is_empty(), "everybody has rights on {everybody:?}");
}

/// What would look past row security: functions with their owner's rights, views, rules, triggers.
#[tokio::test]
async fn nothing_looks_past_row_security() {
    let catalogue = Catalogue::new().await;
    let definers = catalogue
        .pairs("select proname::text, coalesce(array_to_string(proconfig, ','), '') from pg_proc where pronamespace = 'public'::regnamespace and prosecdef")
        .await;
    assert_eq!(definers, [(String::from("make_partitions"), String::from("search_path=public, pg_temp"))]);
    let leakproof = catalogue
        .texts("select proname::text from pg_proc where pronamespace = 'public'::regnamespace and (proleakproof or prolang in (select oid from pg_language where not lanpltrusted and lanname <> 'sql'))")
        .await;
    assert!(leakproof.is_empty(), "{leakproof:?}");
    let functions = catalogue
        .set("select proname::text from pg_proc where pronamespace = 'public'::regnamespace")
        .await;
    let expected = [
        "app_tenant",
        "count_sent",
        "make_partitions",
        "sent_in_a_day",
        "session_open",
        "verification_commit",
        "verification_facts",
        "verification_load",
        "verification_sends",
    ];
    assert_eq!(
        functions,
        expected.map(str::to_owned).into(),
        "a new function of the schema belongs in this list"
    );
    let views = catalogue
        .texts("select relname::text from pg_class where relkind in ('v', 'm', 'f') and relnamespace = 'public'::regnamespace and not coalesce(reloptions::text like '%security_invoker=true%', false)")
        .await;
    assert!(views.is_empty(), "views and foreign tables run as their owner: {views:?}");
    let triggers = catalogue
        .texts("select tgrelid::regclass || ' ' || tgname from pg_trigger where not tgisinternal")
        .await;
    // It counts messages by hour and country, with the rights and under the row security of whoever writes the message.
    assert_eq!(triggers, ["delivery delivery_counted"]);
    let rules = catalogue.texts("select ev_class::regclass || ' ' || rulename from pg_rewrite r join pg_class c on c.oid = r.ev_class where c.relnamespace = 'public'::regnamespace and c.relkind <> 'v'").await;
    assert!(rules.is_empty(), "{rules:?}");
}

/// The schema can be cut by tenant: the same migrations load when every tenant table is partitioned by a hash of its tenant.
#[tokio::test]
async fn the_schema_loads_partitioned_by_tenant() {
    let catalogue = Catalogue::new().await;
    let tenant = catalogue.of_class("tenant").await;
    sqlx::raw_sql("drop schema public cascade; create schema public")
        .execute(&catalogue.owner)
        .await
        .expect("an empty schema");
    let mut cut = BTreeSet::new();
    for migration in domain::db::MIGRATIONS.iter() {
        let mut sql = String::new();
        let mut inside: Option<String> = None;
        for line in migration.sql.as_str().lines() {
            if let Some(rest) = line.strip_prefix("create table ") {
                inside = rest.split_whitespace().next().map(|name| name.trim_matches('"').to_owned());
            }
            match inside.as_ref().filter(|table| line.starts_with(')') && tenant.contains(*table)) {
                Some(table) if !line.contains("partition by") => {
                    // Storage settings belong to the partitions then.
                    sql.push_str(") partition by hash (tenant_id);\n");
                    sql.push_str(&format!(
                        "create table \"{table}_0\" partition of \"{table}\" for values with (modulus 2, remainder 0);\n"
                    ));
                    sql.push_str(&format!(
                        "create table \"{table}_1\" partition of \"{table}\" for values with (modulus 2, remainder 1);\n"
                    ));
                    cut.insert(table.clone());
                }
                _ => {
                    sql.push_str(line);
                    sql.push('\n');
                }
            }
            if line.starts_with(')') {
                inside = None;
            }
        }
        sqlx::raw_sql(AssertSqlSafe(sql))
            .execute(&catalogue.owner)
            .await
            .unwrap_or_else(|error| panic!("{}: {error}", migration.description));
    }
    let by_month: BTreeSet<String> = ["auth_log", "attempt_step", "audit_log"].map(str::to_owned).into();
    assert_eq!(&cut | &by_month, tenant, "every tenant table is cut by tenant or by month");
}
