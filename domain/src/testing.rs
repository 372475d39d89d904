//! The fixture of the area tests: a fresh database, a clock one can hold, members with methods whose codes one can make.

use crate::{
    Domain, Node,
    actor::{Admin, Client, Member, Operator, Scope},
    clock::Clock,
    db::Db,
    directory::{MemberRef, NewMember, NewTenant, api_key::Credential},
    methods::OathSeed,
    rng::Rng,
    vault::Vault,
    verification::{Answer, Request, VerificationError, compare::OathGenerator},
};
use jiff::{SignedDuration, Timestamp};
use model::*;
use std::{net::IpAddr, sync::Arc};

/// One service on its own database, seen from one of its tenants.
pub(crate) struct TestApp {
    pub(crate) domain: Domain,
    pub(crate) database: Arc<testkit::TestDatabase>,
    pub(crate) tenant: TenantId,
    slug: &'static str,
    pub(crate) admin: Admin,
    pub(crate) key: Credential,
}

/// A member with what is needed to play him.
pub(crate) struct TestMember {
    pub(crate) id: MemberId,
    pub(crate) upn: Upn,
    pub(crate) seed: Vec<u8>,
    pub(crate) method: Option<MethodId>,
}

pub(crate) const PASSWORD: &str = "vier natte eenden";

pub(crate) fn start() -> Timestamp {
    "2026-11-17T09:41:00Z".parse().expect("a moment")
}

pub(crate) fn client() -> Client {
    Client {
        address: Some(IpAddr::from([203, 0, 113, 24])),
        agent: Some(String::from("Firefox")),
    }
}

impl TestApp {
    /// A tenant `noord` on a held clock.
    pub(crate) async fn new() -> Self {
        Self::with(Clock::held(start()), Profile::Standard).await
    }

    pub(crate) async fn with(clock: Clock, profile: Profile) -> Self {
        let database = Arc::new(testkit::database().await);
        let domain = node(&database, "node-a", clock).await;
        domain.directory().make_partitions(2).await.expect("partitions");
        Self::tenant_of(domain, database, "noord", profile).await
    }

    /// Another tenant of the same service.
    pub(crate) async fn neighbour(&self, slug: &'static str) -> Self {
        Self::tenant_of(self.domain.clone(), self.database.clone(), slug, Profile::Standard).await
    }

    async fn tenant_of(domain: Domain, database: Arc<testkit::TestDatabase>, slug: &'static str, profile: Profile) -> Self {
        let tenant = domain
            .directory()
            .create_tenant(Operator::console(), new_tenant(slug, profile))
            .await
            .expect("a tenant");
        let admin = Admin::console(tenant);
        let name = CleanText::parse("tests").expect("a name");
        let key = domain.directory().create_api_key(&admin, &name, &Scope::ALL, Path::Cloud).await.expect("a key");
        Self {
            domain,
            database,
            tenant,
            slug,
            admin,
            key,
        }
    }

    /// A second node on the same database.
    pub(crate) async fn second_node(&self) -> Domain {
        node(&self.database, "node-b", self.domain.clock().clone()).await
    }

    /// A member without anything.
    pub(crate) async fn member(&self, name: &str) -> TestMember {
        self.member_with_roles(name, &[]).await
    }

    pub(crate) async fn member_with_roles(&self, name: &str, roles: &[Role]) -> TestMember {
        let upn = Upn::parse(&format!("{name}@{}.example", self.slug)).expect("a name");
        let new = NewMember {
            upn: upn.clone(),
            given_name: CleanText::parse(name).ok(),
            family_name: None,
            mail: None,
            roles: roles.to_vec(),
        };
        let id = self.domain.directory().create_member(&self.admin, new).await.expect("a member");
        TestMember {
            id,
            upn,
            seed: Vec::new(),
            method: None,
        }
    }

    /// A member with a password.
    pub(crate) async fn member_with_password(&self, name: &str) -> TestMember {
        let member = self.member(name).await;
        self.domain
            .directory()
            .set_password(&self.admin, &MemberRef::Id(member.id), PASSWORD)
            .await
            .expect("a password");
        member
    }

    /// Gives a member an authenticator app.
    pub(crate) async fn with_app(&self, mut member: TestMember) -> TestMember {
        let seed = OathSeed::new(self.domain.rng());
        let (view, _) = self
            .domain
            .methods()
            .add_totp(&self.admin, &MemberRef::Id(member.id), seed.clone(), OathParams::default(), true)
            .await
            .expect("an app");
        member.seed = seed.expose().to_vec();
        member.method = Some(view.id);
        member
    }

    /// A member with an app and nothing else.
    pub(crate) async fn member_with_app(&self, name: &str) -> TestMember {
        self.with_app(self.member(name).await).await
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.domain.clock().now()
    }

    pub(crate) fn wait(&self, seconds: i64) {
        self.domain.clock().advance(SignedDuration::from_secs(seconds));
    }

    /// The code a member's app shows now.
    pub(crate) fn code(&self, member: &TestMember) -> String {
        self.code_at(member, 0)
    }

    /// The code a member's app shows some steps from now.
    pub(crate) fn code_at(&self, member: &TestMember, steps: i64) -> String {
        OathGenerator::new(&member.seed, OathParams::default())
            .code(self.now().as_second() / 30 + steps)
            .to_string()
    }

    /// A code that is wrong now and for a while.
    pub(crate) fn wrong_code(&self, member: &TestMember) -> String {
        let near: Vec<String> = (-40..=40).map(|n| self.code_at(member, n)).collect();
        (0..1_000_000)
            .map(|n| format!("{n:06}"))
            .find(|c| !near.contains(c))
            .expect("some code is wrong")
    }

    /// Verifies by REST.
    pub(crate) async fn verify(&self, user: &str, code: &str) -> Result<Answer, VerificationError> {
        verify_on(&self.domain, &self.key, user, code).await
    }

    /// Runs SQL as the tenant and gives the one number it answers.
    pub(crate) async fn number(&self, sql: &'static str) -> i64 {
        let mut tx = self.domain.db().tenant(self.tenant).await.expect("a transaction");
        let number: i64 = sqlx::query_scalar(sql).fetch_one(&mut *tx).await.expect(sql);
        tx.commit().await.expect("committed");
        number
    }

    /// A member with a password and an app.
    pub(crate) async fn member_with_both(&self, name: &str) -> TestMember {
        self.with_app(self.member_with_password(name).await).await
    }

    /// Sets the MFA state of a member.
    pub(crate) async fn set_state(&self, member: &TestMember, state: MfaState) {
        let of = MemberRef::Id(member.id);
        self.domain
            .directory()
            .set_mfa_state(&self.admin, &of, state, true, None)
            .await
            .expect("a state");
    }

    /// The proof that a member is signed in: at a level, with a second factor some minutes ago.
    pub(crate) fn signed_in(&self, member: &TestMember, level: u8, factor_minutes_ago: i64) -> Member {
        Member {
            tenant: self.tenant,
            member: member.id,
            roles: Vec::new(),
            operator: false,
            level,
            factor_at: (level >= 2).then(|| self.now() - SignedDuration::from_mins(factor_minutes_ago)),
            factor: (level >= 2).then_some(MethodKind::Totp),
            strict: false,
            client: client(),
            session: uuid::Uuid::nil(),
        }
    }

    /// The same right after a passkey.
    pub(crate) fn signed_in_by_passkey(&self, member: &TestMember) -> Member {
        Member {
            factor: Some(MethodKind::Passkey),
            ..self.signed_in(member, 2, 0)
        }
    }

    /// Locks a member by wrong codes, at this very moment: under a policy that locks before the waits begin.
    pub(crate) async fn lock(&self, member: &TestMember) {
        let (_, mut policy) = self.domain.directory().policy(&self.admin).await.expect("a policy");
        policy.limits.lockout_after = 4;
        self.domain.directory().publish_policy(&self.admin, policy).await.expect("published");
        for _ in 0..4 {
            let answer = self.verify(member.upn.as_str(), "000000").await.expect("an answer");
            assert_eq!(answer.decision, Some(Decision::Denied));
        }
        let answer = self.verify(member.upn.as_str(), "000000").await.expect("an answer");
        assert_eq!(answer.reason, Some(Reason::Locked));
    }

    /// Runs SQL past row security, for setting a scene.
    pub(crate) async fn as_superuser(&self, sql: impl Into<String>) {
        let (pool, sql) = (self.superuser().await, sql.into());
        sqlx::raw_sql(sqlx::AssertSqlSafe(sql.clone())).execute(&pool).await.expect(&sql);
        pool.close().await;
    }

    /// The texts of the first column of what SQL answers past row security.
    pub(crate) async fn seen_by_superuser(&self, sql: impl Into<String>) -> Vec<String> {
        let (pool, sql) = (self.superuser().await, sql.into());
        let texts = sqlx::query_scalar(sqlx::AssertSqlSafe(sql.clone())).fetch_all(&pool).await.expect(&sql);
        pool.close().await;
        texts
    }

    /// Every table of the schema with what its comment says: tenant, reference or local.
    pub(crate) async fn tables(&self) -> Vec<(String, String)> {
        let rows = self
            .seen_by_superuser(
                "select c.relname || ' ' || d.description from pg_class c join pg_description d on d.objoid = c.oid and d.objsubid = 0
                 where c.relkind in ('r', 'p') and c.relnamespace = 'public'::regnamespace order by c.relname",
            )
            .await;
        rows.iter()
            .filter_map(|row| row.split_once(' ').map(|(table, class)| (table.to_owned(), class.to_owned())))
            .collect()
    }

    /// Every row of the database that belongs to this tenant, as text, for telling whether anything has changed.
    pub(crate) async fn rows(&self) -> Vec<String> {
        let of_tenant = self
            .seen_by_superuser(
                "select format('select %L || '' '' || t::text from %I t where tenant_id = %L', c.relname, c.relname, '{tenant}')
                 from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'tenant_id'
                 where c.relkind in ('r', 'p') and not c.relispartition and c.relnamespace = 'public'::regnamespace",
            )
            .await;
        let all = of_tenant.join(" union all ").replace("{tenant}", &self.tenant.to_string());
        self.seen_by_superuser(format!("select row from ({all}) rows(row) order by row")).await
    }

    async fn superuser(&self) -> sqlx::PgPool {
        let url = std::env::var("TWEESTAP_TEST_POSTGRES").expect("the scripts set TWEESTAP_TEST_POSTGRES");
        let (server, _) = url.rsplit_once('/').expect("a URL");
        sqlx::PgPool::connect(&format!("{server}/{}", self.database.name)).await.expect("superuser")
    }
}

pub(crate) fn new_tenant(slug: &str, profile: Profile) -> NewTenant {
    NewTenant {
        slug: Slug::parse(slug).expect("a short name"),
        name: CleanText::parse(slug).expect("a name"),
        domains: vec![DomainName::parse(&format!("{slug}.example")).expect("a domain")],
        profile,
        locale: "en",
    }
}

async fn node(database: &testkit::TestDatabase, name: &str, clock: Clock) -> Domain {
    let db = Db::connect(&database.app_url, 12).await.expect("the test database");
    Domain::new(
        db,
        Vault::new(&[42; 32]),
        clock,
        Rng::System,
        Node {
            name: name.to_owned(),
            address: None,
            host: String::from("localhost"),
            origin: String::from("http://localhost:3000"),
        },
    )
}

pub(crate) fn request(user: &str, code: Option<&str>) -> Request {
    Request {
        user: Upn::parse(user).expect("a name"),
        code: code.map(|c| OfferedCode::parse(c).expect("a code")),
        method: None,
        application: CleanText::parse("VPN").ok(),
        client: client(),
        correlation_id: None,
        idempotency: None,
    }
}

pub(crate) async fn verify_on(domain: &Domain, key: &Credential, user: &str, code: &str) -> Result<Answer, VerificationError> {
    domain.verification().verify(key, None, request(user, Some(code))).await
}
