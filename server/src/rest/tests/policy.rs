//! The policy document by the interface.

use super::*;

const POLICY: &str = "/api/v1/policy";

/// What makes a good document a bad one.
type Spoil = fn(&mut Value);

#[tokio::test]
async fn the_policy_is_read_tried_and_replaced() {
    let installation = Installation::new().await;
    let admin = installation.key(installation.noord.tenant, &[Scope::Admin]).await;
    let read = installation.key(installation.noord.tenant, &[Scope::Read]).await;
    let first = installation.call(&read, "GET", POLICY, Value::Null).await;
    assert_eq!(
        (first.status, &first.body["version"], &first.body["published_by"]),
        (200, &json!(1), &Value::Null)
    );
    assert_eq!(first.headers["etag"], "\"1\"");
    let unchanged = installation.call_with(&read, "GET", POLICY, Value::Null, &[("if-none-match", "\"1\"")]).await;
    assert_eq!(unchanged.status, 304);

    let mut document = first.body["document"].clone();
    document["limits"]["lockout_after"] = json!(20);
    let change = |based_on: Value| json!({ "based_on": based_on, "document": document.clone(), "reason": "test" });
    assert_eq!(installation.call(&read, "PUT", POLICY, change(json!(1))).await.status, 403);
    assert_eq!(
        installation.call(&admin, "PUT", POLICY, change(Value::Null)).await.status,
        422,
        "based on nothing"
    );
    let tried = installation.call(&admin, "PUT", &format!("{POLICY}?dry_run=true"), change(json!(1))).await;
    let changes = json!([{ "field": "limits.lockout_after", "before": 10, "after": 20 }]);
    assert_eq!((tried.status, &tried.body["changes"], &tried.body["newly_blocked"]), (200, &changes, &json!(0)));
    let put = installation
        .call_with(&admin, "PUT", POLICY, change(Value::Null), &[("if-match", "\"1\"")])
        .await;
    assert_eq!((put.status, &put.body["version"]), (200, &json!(2)), "{}", put.body);
    assert_eq!(put.headers["etag"], "\"2\"");
    assert_eq!(put.body["published_by"]["kind"], "api_key");

    let late = installation.call(&admin, "PUT", POLICY, change(json!(1))).await;
    assert_eq!((late.status, late.code()), (412, ErrorCode::PolicyMovedOn.as_str()));
    assert_eq!(late.headers["etag"], "\"2\"");
    assert!(late.body["detail"].as_str().is_some_and(|told| told.contains("version 2")), "{}", late.body);
    let listed = installation.call(&read, "GET", "/api/v1/policy/versions?limit=1", Value::Null).await;
    assert_eq!(listed.body["items"][0]["version"], 2);
    let next = format!("/api/v1/policy/versions?cursor={}", listed.body["next_cursor"].as_str().expect("a cursor"));
    let listed = installation.call(&read, "GET", &next, Value::Null).await;
    assert_eq!((&listed.body["items"][0]["version"], &listed.body["next_cursor"]), (&json!(1), &Value::Null));
    let old = installation.call(&read, "GET", &format!("{POLICY}?version=1"), Value::Null).await;
    assert_eq!(old.body["document"]["limits"]["lockout_after"], 10);
    assert_eq!(installation.call(&read, "GET", &format!("{POLICY}?version=9"), Value::Null).await.status, 404);
    let other = installation.key(installation.zuid.tenant, &[Scope::Admin]).await;
    assert_eq!(
        installation.call(&other, "GET", POLICY, Value::Null).await.body["version"],
        1,
        "the neighbour's is his own"
    );
}

#[tokio::test]
async fn what_is_wrong_with_a_policy_is_named_by_field() {
    let installation = Installation::new().await;
    let admin = installation.key(installation.noord.tenant, &[Scope::Admin]).await;
    let document = installation.call(&admin, "GET", POLICY, Value::Null).await.body["document"].clone();
    let with = |change: Spoil| {
        let mut document = document.clone();
        change(&mut document);
        json!({ "based_on": 1, "document": document, "reason": "test" })
    };
    let table: [(Spoil, &[&str]); 5] = [
        (
            |d| {
                d["limits"]["lockout_minutes"] = json!(0);
                d["reset"]["gates"] = json!(3);
            },
            &["limits.lockout_minutes: 0", "reset.gates: 3"],
        ),
        (|d| d["limits"]["lockout_minutes"] = json!("ten"), &["limits.lockout_minutes: "]),
        (|d| d["methods"][0]["uses"][0] = json!("door"), &["methods[0].uses[0]: "]),
        (|d| d["trust"]["everybody"] = json!(true), &["trust.everybody: unknown field"]),
        (|d| *d = json!({}), &["missing field `methods`"]),
    ];
    for (change, told) in table {
        for query in ["", "?dry_run=true"] {
            let refused = installation.call(&admin, "PUT", &format!("{POLICY}{query}"), with(change)).await;
            assert_eq!((refused.status, refused.code()), (422, ErrorCode::Invalid.as_str()), "{}", refused.body);
            let detail = refused.body["detail"].as_str().unwrap_or_default();
            assert!(told.iter().all(|told| detail.contains(told)), "{detail}");
        }
    }
    let no_reason = json!({ "based_on": 1, "document": document });
    assert_eq!(installation.call(&admin, "PUT", POLICY, no_reason).await.status, 400);
}

#[tokio::test]
async fn a_policy_that_locks_everybody_out_is_refused() {
    let installation = Installation::new().await;
    let tenant = installation.noord.tenant;
    let admin = installation.key(tenant, &[Scope::Admin]).await;
    let mut document = installation.call(&admin, "GET", POLICY, Value::Null).await.body["document"].clone();
    let new = NewMember {
        upn: Upn::parse("boss@noord.example").expect("a name"),
        given_name: None,
        family_name: None,
        mail: None,
        roles: vec![model::Role::GlobalAdmin],
    };
    installation
        .domain
        .directory()
        .create_member(&Admin::console(tenant), new)
        .await
        .expect("a member");
    document["rules"] = json!([{ "name": "Nobody", "state": "on", "then": "block" }]);
    let change = json!({ "based_on": 1, "document": document, "reason": "test" });
    for query in ["?dry_run=true", ""] {
        let refused = installation.call(&admin, "PUT", &format!("{POLICY}{query}"), change.clone()).await;
        assert_eq!((refused.status, refused.code()), (409, ErrorCode::PolicyLocksOut.as_str()), "{}", refused.body);
    }
}

/// A blue square of sixteen pixels.
const LOGO: &str = "iVBORw0KGgoAAAANSUhEUgAAABAAAAAQCAIAAACQkWg2AAAAFklEQVR42mPgDp5CEmIY1TCqYfhqAAAfvvIB6muMwQAAAABJRU5ErkJggg==";

fn picture() -> Vec<u8> {
    data_encoding::BASE64.decode(LOGO.as_bytes()).expect("bytes")
}

/// Sets a logo; how the policy names it.
pub(super) async fn logo_of(installation: &Installation, admin: &str) -> String {
    let set = installation.send_file(admin, "PUT", "/api/v1/logo?reason=test", "image/png", picture()).await;
    assert_eq!(set.status, 200, "{}", set.body);
    set.body["id"].as_str().expect("its name").to_owned()
}

/// The logo comes in as a picture, goes out at an address that never changes, and only there.
#[tokio::test]
async fn a_logo_comes_in_as_a_picture() {
    let installation = Installation::new().await;
    let admin = installation.key(installation.noord.tenant, &[Scope::Admin]).await;
    let (png, path) = (picture(), "/api/v1/logo?reason=test");
    let id = logo_of(&installation, &admin).await;
    let policy = installation.call(&admin, "GET", POLICY, Value::Null).await;
    assert_eq!(policy.body["document"]["appearance"]["logo"], id.as_str());

    let shown = installation.call("", "GET", &format!("/logo/noord/{id}.png"), Value::Null).await;
    assert_eq!((shown.status, &shown.headers["content-type"]), (200, &"image/png".parse().expect("a type")));
    assert!(shown.headers["cache-control"].to_str().is_ok_and(|cache| cache.contains("immutable")));
    let nobody = "0".repeat(64);
    for address in [
        format!("/logo/zuid/{id}.png"),
        format!("/logo/noord/{id}"),
        format!("/logo/noord/{nobody}.png"),
        String::from("/logo/noord/x.png"),
        String::from("/logo/%20/x.png"),
    ] {
        let answer = installation.call("", "GET", &address, Value::Null).await;
        assert_eq!(answer.status, 404, "{address}");
        assert!(
            answer.headers["cache-control"].to_str().is_ok_and(|cache| cache.contains("no-store")),
            "{address}"
        );
    }

    let refused = installation.send_file(&admin, "PUT", path, "image/png", png[..40].to_vec()).await;
    assert!(
        refused.status == 422 && refused.body["detail"].as_str().is_some_and(|detail| detail.contains("cannot be read as PNG")),
        "{}",
        refused.body
    );
    let refused = installation.send_file(&admin, "PUT", path, "image/svg+xml", b"<svg/>".to_vec()).await;
    assert_eq!(refused.status, 415);
    let read = installation.key(installation.noord.tenant, &[Scope::Read]).await;
    assert_eq!(installation.send_file(&read, "PUT", path, "image/png", png).await.status, 403);
    assert_eq!(installation.call(&admin, "DELETE", path, Value::Null).await.status, 204);
    let again = installation.call(&admin, "DELETE", path, Value::Null).await;
    assert_eq!((again.status, again.code()), (409, ErrorCode::Conflict.as_str()));
}
