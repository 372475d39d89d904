//! What has to be registered, asked by a program.

use super::*;

const REQUIREMENTS: &str = "/api/v1/requirements";

#[tokio::test]
async fn what_is_required_is_told_to_programs() {
    let installation = Installation::new().await;
    let tenant = installation.noord.tenant;
    let admin = installation.key(tenant, &[Scope::Admin]).await;
    let verify = installation.key(tenant, &[Scope::Verify]).await;
    let read = installation.key(tenant, &[Scope::Read, Scope::Support, Scope::Pass]).await;
    let policy = installation.call(&admin, "GET", "/api/v1/policy", Value::Null).await;
    let mut document = policy.body["document"].clone();
    document["rules"] = json!([{ "name": "Join", "state": "on", "actions": ["register_device"], "then": "require_mfa" }]);
    let change = json!({ "based_on": 1, "document": document, "reason": "test" });
    assert_eq!(installation.call(&admin, "PUT", "/api/v1/policy", change).await.status, 200);
    let asked = |user: &str| json!({ "user": user, "action": "register_device" });
    assert_eq!(installation.call(&read, "POST", REQUIREMENTS, asked("a@noord.example")).await.status, 403);
    for key in [&verify, &admin] {
        let told = installation.call(key, "POST", REQUIREMENTS, asked("nobody@noord.example")).await;
        assert_eq!(told.status, 200, "{}", told.body);
        assert_eq!(told.body["because"], json!({ "kind": "rule", "name": "Join" }));
        assert_eq!(told.body["reasons"], json!(["device_registration"]));
        assert_eq!((&told.body["demand"], &told.body["satisfied"]), (&json!("require_mfa"), &json!(false)));
        let link = told.body["link"].as_str().unwrap_or_default();
        assert_eq!(link, "http://localhost:3000/sign-in?for=register_device", "the configured address");
    }
    for (body, status) in [
        (json!({ "user": "a@noord.example", "action": "open_door" }), 400),
        (json!({ "user": "no name", "action": "register_device" }), 400),
        (json!({ "user": "a@noord.example", "action": "register_device", "application": "VPN" }), 422),
        (json!({ "user": "a@noord.example" }), 200),
    ] {
        assert_eq!(installation.call(&verify, "POST", REQUIREMENTS, body.clone()).await.status, status, "{body}");
    }
}
