//! The settings against flags, environment and files that are right, wrong, empty or double.

use super::*;

fn read(arguments: Arguments, environment: &[(&str, &str)]) -> Result<Settings, Vec<Fault>> {
    Settings::read(Sources {
        arguments,
        origin: &|_| Origin::Flag,
        environment: &|name| environment.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned()),
    })
}

fn faults(arguments: Arguments, environment: &[(&str, &str)]) -> String {
    let faults = read(arguments, environment).expect_err("the settings should be refused");
    faults.iter().map(Fault::to_string).collect::<Vec<_>>().join("\n")
}

#[test]
fn nothing_set_means_the_private_postgres_on_localhost() {
    let settings = read(Arguments::default(), &[]).expect("defaults are valid");
    assert!(matches!(settings.database, DatabaseSettings::Private));
    assert_eq!(settings.listen.to_string(), "127.0.0.1:3000");
    assert!(settings.public_url.is_development());
    assert!(settings.shown.iter().all(|shown| shown.origin == Origin::Default));
}

#[test]
fn every_fault_is_reported_at_once_and_names_its_value() {
    let text = faults(
        Arguments {
            listen: Some("elsewhere".into()),
            public_url: Some("http://mfa.example".into()),
            trusted_proxies: Some("10.0.0.0/8, nonsense".into()),
            tls_cert: Some("/nowhere/cert.pem".into()),
            log: Some("a=b=c".into()),
            ..Arguments::default()
        },
        &[],
    );
    for expected in [
        "TWEESTAP_LISTEN \"elsewhere\"",
        "TWEESTAP_PUBLIC_URL \"http://mfa.example\" must be https",
        "\"nonsense\"",
        "TWEESTAP_TLS_KEY is not set",
        "TWEESTAP_LOG",
    ] {
        assert!(text.contains(expected), "{expected} is missing from: {text}");
    }
}

#[test]
fn a_secret_is_never_quoted() {
    let text = faults(
        Arguments::default(),
        &[("DATABASE_URL", "mysql://me:s3cret@db/x"), ("TWEESTAP_MASTER_KEY", "s3cret")],
    );
    assert!(text.contains("DATABASE_URL is not a connection string"));
    assert!(text.contains("TWEESTAP_MASTER_KEY is not base64"), "{text}");
    assert!(!text.contains("s3cret"), "{text}");

    let settings = read(Arguments::default(), &[("DATABASE_URL", "postgres://me:s3cret@db:5433/x?password=s3cret")]).expect("valid");
    assert!(!format!("{settings:?}").contains("s3cret"));
    let shown = settings
        .shown
        .iter()
        .find(|shown| shown.name == "DATABASE_URL")
        .and_then(|shown| shown.value.clone());
    assert_eq!(shown.as_deref(), Some("postgres://me:[hidden]@db:5433/x"));
}

#[test]
fn a_secret_comes_from_one_place() {
    let folder = std::env::temp_dir().join(format!("tweestap-config-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder for the test");
    let file = folder.join("url");
    std::fs::write(&file, "postgres://me:s3cret@db/x\n").expect("a file for the test");

    let from_file = Arguments {
        database_url_file: Some(file.clone()),
        ..Arguments::default()
    };
    let settings = read(from_file.clone(), &[]).expect("valid");
    assert!(matches!(&settings.database, DatabaseSettings::Given(urls) if urls.app.expose() == "postgres://me:s3cret@db/x"));

    let text = faults(from_file, &[("DATABASE_URL", "postgres://me:s3cret@db/x")]);
    assert!(text.contains("keep one"), "{text}");

    let text = faults(
        Arguments {
            master_key_file: Some(folder.join("missing")),
            ..Arguments::default()
        },
        &[],
    );
    assert!(text.contains("missing"), "{text}");
    std::fs::remove_dir_all(&folder).expect("the folder of the test");
}

#[test]
fn half_a_database_is_refused_and_an_empty_value_is_no_value() {
    let text = faults(Arguments::default(), &[("TWEESTAP_OWNER_DATABASE_URL", "postgres://owner@db/x")]);
    assert!(text.contains("DATABASE_URL is not set"), "{text}");
    let settings = read(
        Arguments {
            listen: Some(" ".into()),
            ..Arguments::default()
        },
        &[("DATABASE_URL", "")],
    )
    .expect("valid");
    assert!(matches!(settings.database, DatabaseSettings::Private));
    assert_eq!(settings.listen.port(), 3000);
}

#[test]
fn a_proxy_may_be_a_network_or_one_address() {
    let settings = read(
        Arguments {
            trusted_proxies: Some("10.1.2.3/8,192.0.2.7, fd00::/8".into()),
            ..Arguments::default()
        },
        &[],
    )
    .expect("valid");
    let networks: Vec<String> = settings.trusted_proxies.iter().map(ToString::to_string).collect();
    assert_eq!(networks, ["10.0.0.0/8", "192.0.2.7/32", "fd00::/8"]);
}
