//! From a change to a mailbox and back: a mail of a real mail server, in Dutch, and its link, which ends what came and works once.

use reqwest::StatusCode;

use super::installation::Installation;
use super::peer::Peer;

/// What the mail says, as text.
fn text(mail: &serde_json::Value) -> String {
    mail["body"]["plain"].as_str().expect("a text").replace("\r\n", "\n")
}

#[tokio::test]
async fn a_phone_is_added_the_mail_arrives_in_dutch_and_its_link_freezes_once() {
    let mut peer = Peer::start("smtp_peer.py", &[]).await;
    let mut installation = Installation::new().await;
    installation.mails(peer.port).await;
    let ann = installation.member("ann", "+31612345678").await;
    let changed = installation
        .number("with dutch as (update member set locale = 'nl', given_name = 'Ann' returning 1) select count(*) from dutch")
        .await;
    assert_eq!(changed, 1);
    installation.works();
    let mail = peer.tells("mail").await;
    assert_eq!(mail["to"], serde_json::json!([ann]));
    assert_eq!(mail["headers"]["Subject"], "Aanmeldmethode toegevoegd door een beheerder - Noord");
    assert_eq!(mail["headers"]["Auto-Submitted"], "auto-generated");
    let said = text(&mail);
    assert!(said.starts_with("Dag Ann,\n") && said.contains("telefoon voor sms-codes (+31 "), "{said}");
    assert!(!said.contains("612345678"), "{said}");
    // C3: the configured address, whatever port the requests came to.
    let (_, link) = said.split_once("http://localhost:3000/notices/").expect("a link");
    let token = link.lines().next().expect("a line");
    let page = format!("{}/notices/{token}", installation.origin);

    let ask = |accept: &'static str| installation.client.get(&page).header("accept-language", accept).send();
    let shown = ask("nl").await.expect("a page");
    assert_eq!(shown.status(), StatusCode::OK);
    let shown = shown.text().await.expect("a body");
    assert!(shown.contains("Was jij dit niet?") && shown.contains("a•••@noord.example"), "{shown}");
    assert!(!shown.contains(ann.as_str()), "masked: a mail may lie open");
    // Mail scanners look too, more than once.
    assert_eq!(ask("en").await.expect("a page").status(), StatusCode::OK);
    assert_eq!(
        installation.number("select count(*) from method where state = 'active'").await,
        1,
        "looking does nothing"
    );

    let act = |from: Option<String>| {
        let mut request = installation.client.post(&page).header("content-type", "application/x-www-form-urlencoded");
        if let Some(origin) = from {
            request = request.header("origin", origin);
        }
        request.body("").send()
    };
    let elsewhere = act(Some(String::from("https://evil.example"))).await.expect("an answer");
    assert_eq!(elsewhere.status(), StatusCode::FORBIDDEN, "another site presses no button");
    assert_eq!(installation.number("select count(*) from method where state = 'active'").await, 1);
    let done = act(Some(installation.origin.clone())).await.expect("an answer");
    assert_eq!(done.status(), StatusCode::OK);
    let cookies: Vec<_> = done.headers().get_all("set-cookie").iter().cloned().collect();
    let done = done.text().await.expect("a body");
    assert!(done.contains("The account is safe"), "{done}");
    assert!(cookies.is_empty(), "nobody is signed in by it: {cookies:?}");
    assert_eq!(
        installation
            .number("select count(*) from method where state = 'off' and disabled_reason = 'not_me'")
            .await,
        1
    );
    for again in [act(Some(installation.origin.clone())).await, ask("en").await] {
        let again = again.expect("an answer");
        assert_eq!(again.status(), StatusCode::GONE);
        assert!(again.text().await.expect("a body").contains("TS-2040"), "works once");
    }
    let told = text(&peer.tells("mail").await);
    assert!(told.contains("Iedereen is afgemeld"), "{told}");
    installation.rests().await;
    let open = installation.number("select count(*) from outbox where done_at is null").await;
    assert_eq!(open, 0, "all is sent or has nobody to go to");
}
