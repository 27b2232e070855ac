use std::path::Path;

use super::*;

fn minimal() -> Vec<(&'static str, &'static str)> {
    vec![("JWT_SECRET", "0123456789abcdef0123456789abcdef"), ("SERVICE_SECRET", "service-secret-of-the-test")]
}

#[test]
fn the_two_secrets_are_enough() {
    let config = load(&minimal().into_iter().collect()).expect("valid");
    assert_eq!(config.http.listen.port(), 3003);
    assert_eq!(config.database.file(), Some(Path::new("data/tallywire.db")));
    assert_eq!(config.realtime.ping_interval, Duration::from_secs(25));
}

#[test]
fn every_problem_is_named_in_one_go() {
    let bad = [
        ("CONNECTORS_PORT", "seventy"),
        ("PING_INTERVAL", "1"),
        ("ALLOW_EIO3", "perhaps"),
        ("FRONTEND_URL", "https://ok.example, ftp://x"),
        ("JWT_SECRET", "short"),
        ("DATABASE_URL", "mysql://x"),
        ("BASIQ_WEBHOOK_SECRET", "whsec_!!!!!!!!!!!!!!!!"),
        ("APIDECK_WEBHOOK_SECRET", "x"),
        ("TALLYWIRE_SITE", "/no/such/folder"),
    ];
    let problems = load(&bad.into_iter().collect()).expect_err("refused").0;
    for name in [
        "CONNECTORS_PORT",
        "PING_INTERVAL",
        "ALLOW_EIO3",
        "FRONTEND_URL",
        "JWT_SECRET",
        "DATABASE_URL",
        "SERVICE_SECRET",
        "BASIQ_WEBHOOK_SECRET",
        "APIDECK_WEBHOOK_SECRET",
        "TALLYWIRE_SITE",
    ] {
        assert!(problems.iter().any(|problem| problem.contains(name)), "{name} in {problems:?}");
    }
    assert!(!problems.iter().any(|problem| problem.contains("short ")), "a secret's value is not shown");
}

#[test]
fn one_secret_does_not_open_two_doors() {
    let shared = "0123456789abcdef0123456789abcdef";
    let problems = load(&[("JWT_SECRET", shared), ("SERVICE_SECRET", shared)].into_iter().collect());
    let problems = problems.expect_err("refused").0;
    assert!(problems.iter().any(|problem| problem.contains("share a value")), "{problems:?}");
    assert!(!problems.iter().any(|problem| problem.contains(shared)));
}

#[test]
fn a_secret_of_tokens_has_32_bytes_and_is_no_public_key() {
    let problems = |secret: &'static str| {
        let settings = [("JWT_SECRET", secret), ("SERVICE_SECRET", "service-secret-of-the-test")];
        load(&settings.into_iter().collect()).err().map(|problems| problems.0).unwrap_or_default()
    };
    assert_eq!(problems("0123456789abcdef0123456789abcdef"), [""; 0]);
    for short in ["0123456789abcdef0123456789abcde", "0123456789abcdef0123456789abcdef,0123456789abcdef"] {
        assert!(problems(short).iter().any(|it| it.contains("JWT_SECRET is shorter than 32 bytes")), "{short}");
    }
    let pem = "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEADxNcBknZKQcmWLj0FevHaNtkIdrVMrJYLCzjWBpgB3I=";
    assert!(problems(pem).iter().any(|it| it.contains("JWT_PUBLIC_KEY")));
}

#[test]
fn a_public_key_that_verifies_nothing_is_named_at_the_start() {
    let weak = include_str!("../../auth/key/rsa_1024.pem");
    let settings = [("JWT_PUBLIC_KEY", weak), ("SERVICE_SECRET", "service-secret-of-the-test")];
    let problems = load(&settings.into_iter().collect()).expect_err("refused").0;
    assert!(problems[0].contains("JWT_PUBLIC_KEY") && problems[0].contains("2048"), "{problems:?}");
}

#[test]
fn a_secret_being_rotated_holds_several_values() {
    let mut values = minimal();
    values.push(("BASIQ_WEBHOOK_SECRET", "whsec_bmV3LW5ldy1uZXc=, whsec_b2xkLW9sZC1vbGQ="));
    let config = load(&values.into_iter().collect()).expect("valid");
    assert_eq!(config.connectors.values("BASIQ_WEBHOOK_SECRET"), ["whsec_bmV3LW5ldy1uZXc=", "whsec_b2xkLW9sZC1vbGQ="]);
}

#[test]
fn a_database_address_is_relative_or_absolute() {
    for (url, path) in [("sqlite:here.db", "here.db"), ("sqlite:///srv/t.db", "/srv/t.db")] {
        let mut values = minimal();
        values.push(("DATABASE_URL", url));
        let config = load(&values.into_iter().collect()).expect("valid");
        assert_eq!(config.database.file(), Some(Path::new(path)));
    }
}

#[test]
fn an_address_of_postgresql_is_taken_and_never_shown() {
    let of = |url: &'static str| {
        let mut values = minimal();
        values.push(("DATABASE_URL", url));
        load(&values.into_iter().collect())
    };
    for url in ["postgres://ada:hunter2hunter2@db.example:5433/tallywire", "postgresql://db.example/tallywire"] {
        let config = of(url).expect("valid");
        assert!(matches!(&config.database, DatabaseConfig::Postgres(secret) if secret.expose() == url));
        assert!(!format!("{config:?}").contains("hunter2"));
    }
    for (url, expected) in [
        ("postgres://ada:hunter2hunter2@db.example", "names no database"),
        ("postgres://ada:hunter2hunter2@db.example:port/tallywire", "not a PostgreSQL address"),
        ("postgres://ada:7/hunter2hunter2@db.example/tallywire", "not a PostgreSQL address"),
        ("postgres://ada:7@8/hunter2hunter2@db.example/tallywire", "not a PostgreSQL address"),
        ("mysql://ada:hunter2hunter2@db.example/tallywire", "DATABASE_URL is not `"),
    ] {
        let problems = of(url).expect_err(url).0;
        assert!(problems.len() == 1 && problems[0].contains(expected), "{problems:?}");
        assert!(!problems[0].contains("hunter2"), "{problems:?}");
    }
}

#[test]
fn an_unescaped_password_in_the_direct_address_is_reported_and_not_shown() {
    let mut values = minimal();
    values.push(("DATABASE_URL", "postgres://db.example/tallywire"));
    values.push(("DATABASE_DIRECT_URL", "postgres://ada:7@8/hunter2hunter2@db.example/tallywire"));
    let problems = load(&values.into_iter().collect()).expect_err("unreadable").0;
    assert!(problems[0].contains("DATABASE_DIRECT_URL is not a PostgreSQL address"), "{problems:?}");
    assert!(!problems[0].contains("hunter2"), "{problems:?}");
}

#[test]
fn another_port_leaves_it_a_demo_and_a_secret_does_not() {
    assert!(!Source::from_iter([("CONNECTORS_PORT", "4000"), ("HOME", "/root")]).configures_anything());
    assert!(Source::from_iter([("FRONTEND_URL", "https://app.example")]).configures_anything());
    assert_eq!(Source::from_iter([("JWT_SECRET", "x")]).configured_secrets(), ["JWT_SECRET"]);
}
