//! The whole program but for its command line: a fresh database, the routes on a port of their own, and a courier at work.

use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use domain::actor::{Admin, Operator, Scope};
use domain::clock::Clock;
use domain::db::Db;
use domain::delivery::phone::PhoneNumber;
use domain::delivery::{Address, DeliveryError, NewProvider, NewSender, ProviderKind};
use domain::directory::{MemberRef, NewMember, NewTenant};
use domain::rng::Rng;
use domain::vault::{Secret, Vault};
use domain::{Domain, Node};
use model::{Channel, CleanText, DomainName, MethodKind, Path, Profile, ProviderId, SenderKind, Slug, TenantId, Upn};
use reqwest::Client;
use serde_json::{Value, json};
use sqlx::Connection;
use testkit::TestDatabase;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::sms_http::token;
use crate::channels::{courier, settings::House, tls::Roots};
use crate::config::PublicUrl;
use crate::routes;
use crate::state::Service;
use crate::web::{Edge, assemble, sessions};

/// How long a test waits for what happens behind its back.
const PATIENCE: Duration = Duration::from_secs(20);

/// What was answered.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) body: Value,
}

/// A running installation with one tenant.
pub(super) struct Installation {
    pub(super) domain: Domain,
    pub(super) origin: String,
    pub(super) client: Client,
    tenant: TenantId,
    key: String,
    house: House,
    database: TestDatabase,
    serving: JoinHandle<()>,
    courier: Option<(CancellationToken, JoinHandle<()>)>,
}

impl Installation {
    /// Nobody carries anything yet: see [`Installation::works`].
    pub(super) async fn new() -> Self {
        let database = testkit::database().await;
        let db = Db::connect(&database.app_url, 20).await.expect("a connection");
        let node = Node {
            name: "test".into(),
            address: None,
            host: String::from("localhost"),
            origin: String::from("http://localhost:3000"),
        };
        let domain = Domain::new(db, Vault::new(&[7; 32]), Clock::system(), Rng::System, node);
        domain.directory().make_partitions(0).await.expect("partitions");
        let new = NewTenant {
            slug: Slug::parse("noord").expect("a slug"),
            name: CleanText::parse("Noord").expect("a name"),
            domains: vec![DomainName::parse("noord.example").expect("a domain")],
            profile: Profile::Standard,
            locale: "en",
        };
        let tenant = domain.directory().create_tenant(Operator::console(), new).await.expect("a tenant");
        let name = CleanText::parse("test").expect("a name");
        let key = domain
            .directory()
            .create_api_key(&Admin::console(tenant), &name, &Scope::ALL, Path::Cloud)
            .await;
        let sender = NewSender {
            tenant: None,
            channel: Channel::Sms,
            country: None,
            kind: SenderKind::Name,
            value: String::from("Noord"),
            provider: None,
            valid_from: None,
            valid_until: None,
        };
        domain.delivery().add_sender(Operator::console(), sender).await.expect("a sender");

        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let origin = format!("http://127.0.0.1:{}", listener.local_addr().expect("bound").port());
        let public_url = PublicUrl::parse(&origin).expect("a URL");
        let house = House::of(&public_url);
        let service = Service::new(domain.clone(), Default::default(), true, &origin, house.clone());
        let sessions = sessions(&domain, &public_url);
        let router = assemble(routes::all(), service, Edge::new(public_url, Vec::new()), None, Some(sessions));
        let tls = Roots::Public.client_config().expect("TLS");
        let client = Client::builder().tls_backend_preconfigured(tls).no_proxy().build().expect("a client");
        Self {
            domain,
            origin,
            client,
            tenant,
            key: key.expect("a key").reveal(),
            house,
            database,
            serving: tokio::spawn(serve(listener, router)),
            courier: None,
        }
    }

    /// Carries what is queued, from now on.
    pub(super) fn works(&mut self) {
        let stop = CancellationToken::new();
        let courier = tokio::spawn(courier::carry(self.domain.clone(), self.house.clone(), stop.clone()));
        self.courier = Some((stop, courier));
    }

    /// Carries nothing more, once what is under way has been carried.
    pub(super) async fn rests(&mut self) {
        let (stop, courier) = self.courier.take().expect("it works");
        stop.cancel();
        courier.await.expect("ends in order");
    }

    pub(super) async fn gateway(&self, name: &str, rank: i32, port: u16) -> ProviderId {
        let new = NewProvider {
            tenant: None,
            channel: Channel::Sms,
            kind: ProviderKind::HttpSms,
            name: CleanText::parse(name).expect("a name"),
            rank,
            settings: json!({ "base": format!("http://127.0.0.1:{port}"), "account": "AC0123456789" }),
            secret: Some(Secret::new(token().expose().clone())),
        };
        self.domain.delivery().add_provider(Operator::console(), new).await.expect("a provider")
    }

    /// A mail server, and the address that mails come from.
    pub(super) async fn mails(&self, port: u16) -> ProviderId {
        let delivery = self.domain.delivery();
        let sender = NewSender {
            tenant: None,
            channel: Channel::Mail,
            country: None,
            kind: SenderKind::Mail,
            value: String::from("security@noord.example"),
            provider: None,
            valid_from: None,
            valid_until: None,
        };
        delivery.add_sender(Operator::console(), sender).await.expect("a sender");
        let new = NewProvider {
            tenant: None,
            channel: Channel::Mail,
            kind: ProviderKind::Smtp,
            name: CleanText::parse("Mail").expect("a name"),
            rank: 1,
            settings: json!({ "host": "127.0.0.1", "port": port, "security": "plain", "from_name": "Noord" }),
            secret: None,
        };
        delivery.add_provider(Operator::console(), new).await.expect("a provider")
    }

    /// A gateway that places calls, and the number they come from. Its account's token is `token`.
    pub(super) async fn calls(&self, name: &str, port: u16, token: &str) -> ProviderId {
        let delivery = self.domain.delivery();
        let sender = NewSender {
            tenant: None,
            channel: Channel::Voice,
            country: None,
            kind: SenderKind::Number,
            value: String::from("+15550100100"),
            provider: None,
            valid_from: None,
            valid_until: None,
        };
        // A second gateway calls from the same number.
        let made = delivery.add_sender(Operator::console(), sender).await;
        assert!(matches!(made, Ok(_) | Err(DeliveryError::Overlaps(_))), "{made:?}");
        let new = NewProvider {
            tenant: None,
            channel: Channel::Voice,
            kind: ProviderKind::HttpVoice,
            name: CleanText::parse(name).expect("a name"),
            rank: 1,
            settings: json!({ "base": format!("http://127.0.0.1:{port}"), "account": "AC0123456789" }),
            secret: Some(Secret::new(token.to_owned())),
        };
        delivery.add_provider(Operator::console(), new).await.expect("a provider")
    }

    /// A member with a phone for text messages.
    pub(super) async fn member(&self, name: &str, number: &str) -> String {
        self.member_with(name, number, MethodKind::Sms).await
    }

    /// A member with a phone.
    pub(super) async fn member_with(&self, name: &str, number: &str, kind: MethodKind) -> String {
        let upn = format!("{name}@noord.example");
        let admin = Admin::console(self.tenant);
        let new = NewMember {
            upn: Upn::parse(&upn).expect("a name"),
            given_name: None,
            family_name: None,
            mail: None,
            roles: Vec::new(),
        };
        let member = self.domain.directory().create_member(&admin, new).await.expect("a member");
        let phone = Address::Phone(PhoneNumber::parse(number, None).expect("a number"));
        let of = MemberRef::Id(member);
        self.domain.methods().add_address(&admin, &of, kind, &phone).await.expect("a phone");
        upn
    }

    pub(super) async fn call(&self, method: &str, path: &str, body: Value) -> Answer {
        let method = method.parse().expect("a method");
        let mut request = self.client.request(method, format!("{}{path}", self.origin)).bearer_auth(&self.key);
        if !body.is_null() {
            request = request.header("content-type", "application/json").body(body.to_string());
        }
        let response = request.send().await.expect("an answer");
        let status = response.status().as_u16();
        let body = serde_json::from_slice(&response.bytes().await.expect("a body")).unwrap_or(Value::Null);
        Answer { status, body }
    }

    /// Asks for a code by SMS; the answer names challenge and session.
    pub(super) async fn asks(&self, upn: &str) -> Value {
        self.asks_by(upn, "sms").await
    }

    /// The same, by another method.
    pub(super) async fn asks_by(&self, upn: &str, method: &str) -> Value {
        let asked = self.call("POST", "/api/v1/verifications", json!({ "user": upn, "method": method })).await;
        assert_eq!((asked.status, asked.body["decision"].as_str()), (200, Some("pending")), "{}", asked.body);
        asked.body
    }

    pub(super) async fn answers(&self, asked: &Value, code: &str) -> Answer {
        let challenge = asked["challenge"]["id"].as_str().expect("pending");
        self.call("POST", &format!("/api/v1/verifications/{challenge}/answer"), json!({ "code": code }))
            .await
    }

    /// What the timeline tells of messages: kind and provider.
    pub(super) async fn story(&self, asked: &Value) -> Vec<String> {
        let session = asked["session_id"].as_str().expect("a session");
        let case = self.call("GET", &format!("/api/v1/attempts/{session}"), Value::Null).await;
        let steps = case.body["steps"].as_array().unwrap_or_else(|| panic!("no steps: {}", case.body)).clone();
        let told = steps.iter().filter_map(|step| {
            let kind = step["kind"].as_str().filter(|kind| kind.starts_with("delivery"))?;
            Some(format!("{} {}", &kind["delivery_".len()..], step["detail"]["provider"].as_str().unwrap_or("-")))
        });
        told.collect()
    }

    /// The story once it is as long as that.
    pub(super) async fn story_of(&self, asked: &Value, length: usize) -> Vec<String> {
        let waited = tokio::time::timeout(PATIENCE, async {
            loop {
                let story = self.story(asked).await;
                if story.len() >= length {
                    return story;
                }
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        });
        match waited.await {
            Ok(story) => story,
            Err(_) => panic!("not {length} steps: {:?}", self.story(asked).await),
        }
    }

    /// One number of the database, as the tenant sees it.
    pub(super) async fn number(&self, sql: &'static str) -> i64 {
        let mut connection = sqlx::PgConnection::connect(&self.database.app_url).await.expect("a connection");
        sqlx::query("select set_config('app.tenant', $1, false)")
            .bind(self.tenant.to_string())
            .execute(&mut connection)
            .await
            .expect("set");
        sqlx::query_scalar(sql).fetch_one(&mut connection).await.expect("a number")
    }
}

impl Drop for Installation {
    fn drop(&mut self) {
        self.serving.abort();
        if let Some((_, courier)) = &self.courier {
            courier.abort();
        }
    }
}

async fn serve(listener: TcpListener, router: Router) {
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    axum::serve(listener, service).await.expect("served");
}
