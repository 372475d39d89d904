//! What a page may never do with what it is given: lead elsewhere, run a name, or be kept by a cache.

use std::collections::BTreeSet;

use super::*;

/// Addresses that some parser, somewhere, takes for another site (CVE-2024-8883, CVE-2026-7504, CVE-2026-29067 and their kind), and plainly other ones.
pub(super) fn elsewhere() -> Vec<String> {
    let hosts = [
        "evil.example",
        "evil.example:443",
        "mfa.example@evil.example",
        "mfa.example.evil.example",
        "[::1]",
        "127.0.0.1",
    ];
    let before = [
        "//",
        "///",
        "////",
        "/\\",
        "\\\\",
        "\\/",
        "/\\/",
        "/\\\\",
        "https://",
        "http://",
        "HTTPS://",
        "https:",
        "https:/",
        "https:///",
        "https:\\\\",
        "//\\",
        "/%5c",
        "%2f%2f",
        "/%09/",
        "/\t/",
        "/\n/",
        "/\r\n/",
        " //",
        "\u{a0}//",
        "/\u{2028}/",
        "javascript://",
        "JaVaScRiPt:alert(1)//",
        "data:text/html,",
        "vbscript:",
        "ftp://",
        "mailto:",
        "//user:pass@",
        "//@",
        "@",
        "//mfa.example@",
        "//mfa.example%40",
        "https://mfa.example@",
        "https://mfa.example:x@",
        "//%0d%0aLocation:",
        "/\u{0}/",
        "blob:https://",
        "view-source:https://",
        "//https://",
        "/https://",
        ".",
        "..//",
        "/..//",
        "/.//",
        "?//",
        "#//",
    ];
    hosts.iter().flat_map(|host| before.map(|before| format!("{before}{host}"))).collect()
}

/// D8: whatever stands in `back`, the browser stays on this site after the sign-in, after a step-up and after a change of language.
#[tokio::test]
async fn d8_nothing_that_is_asked_for_leads_elsewhere() {
    let site = Site::new().await;
    let corpus = elsewhere();
    assert!(corpus.len() >= 300, "{} addresses", corpus.len());
    site.member("ann", &[], false).await;
    // A browser reads the address against that of the page, after taking out tabs and line ends and turning backslashes round.
    let stays = |location: &str| {
        let plain: String = location
            .chars()
            .filter(|c| !matches!(c, '\t' | '\n' | '\r'))
            .collect::<String>()
            .replace('\\', "/");
        plain.starts_with('/') && !plain.starts_with("//")
    };
    for (n, back) in corpus.iter().enumerate() {
        let escaped: String = back.bytes().map(|byte| format!("%{byte:02X}")).collect();
        let chosen = site.get(&format!("/preferences?lang=nl&back={escaped}"), "").await;
        assert!(chosen.status == 303 && stays(chosen.location()), "{back:?}: {}", chosen.location());
        // Each sign-in hashes a password: every tenth says enough about a rule that is the same for all.
        if n % 10 != 0 {
            continue;
        }
        let named = site
            .post(&format!("/sign-in?back={escaped}"), "", "step=name&upn=ann%40noord.example")
            .await
            .cookie()
            .expect("a cookie");
        let form = format!("step=password&password={}", PASSWORD.replace(' ', "+"));
        let done = site.post("/sign-in", &named, &form).await;
        assert!(done.status == 303 && stays(done.location()), "{back:?}: {}", done.location());
    }
}

/// What somebody may call himself, his phone or his office.
pub(super) const NAMES: [&str; 7] = [
    "<script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>",
    "' onmouseover='alert(1)",
    "</title><svg onload=alert(1)>",
    "</textarea><img src=x onerror=alert(1)>",
    "{{constructor.constructor('alert(1)')()}}",
    "<!--<b>--><a href=//evil.example>x</a>",
];

/// D9: names of members, methods, networks and applications are text on every page that shows them, in either console and for the member himself.
#[tokio::test]
async fn d9_a_name_is_never_part_of_a_page() {
    let site = Site::new().await;
    let seed = site.member("ann", &[Role::GlobalAdmin], true).await;
    let (directory, methods, by) = (site.domain.directory(), site.domain.methods(), &site.admin);
    let of = MemberRef::Upn(Upn::parse("ann@noord.example").expect("a name"));
    let (_, mut policy) = directory.policy(by).await.expect("a policy");
    policy.methods.push(MethodRule {
        kind: MethodKind::AppPassword,
        uses: vec![MethodUse::SignIn],
    });
    directory.publish_policy(by, policy).await.expect("published");
    for (n, name) in NAMES.into_iter().enumerate() {
        let patch = domain::directory::MemberPatch {
            given_name: Some(Some(CleanText::parse(name).expect("a name"))),
            family_name: Some(Some(CleanText::parse(name).expect("a name"))),
            ..Default::default()
        };
        directory.change_member(by, &of, patch, Some(name)).await.expect("changed");
        let label = CleanText::parse(name).expect("a label");
        methods.make_app_password(by, &of, &label).await.expect("an app password");
        directory.add_network(by, &label, &format!("192.0.2.{n}/32"), name).await.expect("a network");
        let cookie = site.sign_in("ann", &seed).await;
        let id = directory.member(by, &of).await.expect("a member").id;
        for path in [
            "/security-info",
            "/security-info/app-passwords",
            "/activity",
            "/lost",
            "/admin/noord/users",
            &format!("/admin/noord/users/{id}"),
            "/admin/noord/networks",
            "/admin/noord/journal",
            "/admin/noord/journal/audit",
        ] {
            let page = site.get(path, &cookie).await;
            assert_eq!(page.status, 200, "{path}: {}", page.body);
            // A single quote ends nothing: attributes stand in double ones.
            assert!(!page.body.contains(name) || !name.contains(['<', '"']), "{path} holds {name} as it is");
            for tag in ["<script>alert", "<img src=x", "<svg onload", "href=//evil.example>"] {
                let raw = page.body.match_indices(tag).any(|(at, _)| !page.body[..at].ends_with("&lt;"));
                assert!(!raw, "{path} holds {tag}");
            }
        }
        site.domain.clock().advance(SignedDuration::from_secs(60));
    }
}

/// D12: no page of anybody may be kept, by a cache on the way or by the browser for the next one who sits down; what lets a script run is never the same twice.
#[tokio::test]
async fn d12_no_page_is_kept_and_no_nonce_comes_again() {
    let site = Site::new().await;
    let seed = site.member("ann", &[Role::GlobalAdmin], true).await;
    let cookie = site.sign_in("ann", &seed).await;
    let (_, entries) = routes::all().into_parts();
    let mut nonces = BTreeSet::new();
    let mut pages = 0;
    for entry in entries.iter().filter(|e| e.method == "GET" && !matches!(e.who, Who::Integration(_))) {
        for cookie in ["", cookie.as_str()] {
            let answer = site.get(&filled(entry.path), cookie).await;
            let header = |name: &str| answer.headers.get(name).and_then(|v| v.to_str().ok()).unwrap_or_default().to_owned();
            if !header("content-type").starts_with("text/html") {
                continue;
            }
            pages += 1;
            assert_eq!(header("cache-control"), "no-store", "{}", entry.path);
            let policy = header("content-security-policy");
            let nonce = policy
                .split("'nonce-")
                .nth(1)
                .and_then(|rest| rest.split('\'').next())
                .expect("a nonce")
                .to_owned();
            assert!(nonce.len() >= 22, "{nonce}");
            assert!(nonces.insert(nonce), "{}: a nonce comes again", entry.path);
        }
    }
    assert!(pages >= 50, "{pages} pages");
    // Whoever signs out leaves nothing behind.
    let out = site.post("/sign-out", &cookie, "").await;
    assert!(out.headers.contains_key("clear-site-data"));
}

/// D12: nor may a file of the journal, an answer to a passkey's question, or what comes back from a form: least of all codes that are shown once.
#[tokio::test]
async fn d12_no_file_and_no_answer_to_a_form_is_kept() {
    let site = Site::new().await;
    let seed = site.member("ann", &[Role::GlobalAdmin], true).await;
    let cookie = site.sign_in("ann", &seed).await;
    let mut answers = Vec::new();
    for path in ["/admin/noord/journal.csv", "/admin/noord/journal/audit.csv", "/admin/noord/users?format=csv"] {
        let file = site.get(path, &cookie).await;
        let kind = file.headers.get("content-type").and_then(|v| v.to_str().ok()).unwrap_or_default().to_owned();
        assert!(file.status == 200 && kind.starts_with("text/csv"), "{path}: {} {kind}", file.status);
        answers.push((path, file));
    }
    let question = site.call("POST", "/sign-in/passkey/options", "", None).await;
    assert!(question.status == 200 && question.body.contains("challenge"), "{}", question.body);
    answers.push(("/sign-in/passkey/options", question));
    for (path, cookie, form, status) in [
        ("/sign-in", "", "step=name&upn=ann%40noord.example", 303),
        ("/sign-in", "", "step=name&upn=nobody", ErrorCode::NameForm.status()),
        ("/security-info", cookie.as_str(), "step=renew", 200),
        ("/security-info", cookie.as_str(), "step=nothing", ErrorCode::BadRequest.status()),
        ("/reset", "", "step=name&upn=ann%40noord.example", ErrorCode::ResetNotOffered.status()),
        ("/emergency", "", "upn=ann%40noord.example&code=x", ErrorCode::EmergencyKeyRefused.status()),
    ] {
        let answer = site.post(path, cookie, form).await;
        assert_eq!(answer.status, status, "{path} {form}: {}", answer.body);
        answers.push((path, answer));
    }
    for (path, answer) in answers {
        let kept: Vec<_> = answer.headers.get_all("cache-control").iter().collect();
        assert_eq!(kept, ["no-store"], "{path}");
        for header in ["etag", "last-modified", "expires", "age"] {
            assert!(!answer.headers.contains_key(header), "{path}: {header}");
        }
    }
}
