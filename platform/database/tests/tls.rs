//! PostgreSQL over TLS, where the test run started one with a certificate for `localhost` alone.

use database::{Database, Statement};

#[tokio::test]
async fn a_server_is_spoken_to_in_secret_once_it_has_proved_its_name() {
    let names = ("HOSTERRA_TEST_POSTGRES", "HOSTERRA_TEST_POSTGRES_CA");
    let (Ok(url), Ok(authority)) = (std::env::var(names.0), std::env::var(names.1)) else {
        eprintln!("SKIPPED: PostgreSQL over TLS ({} or {} is not set)", names.0, names.1);
        return;
    };
    let named = url.replace("127.0.0.1", "localhost");
    let secret = async |url: &str| {
        let database = Database::connect_postgres(url, 2).await?;
        let select =
            "SELECT CASE WHEN ssl THEN 1 ELSE 0 END::BIGINT FROM pg_stat_ssl WHERE pid = pg_backend_pid()";
        let rows = database.query(Statement::new(select)).await?;
        rows[0].int(0)
    };
    assert_eq!(secret(&format!("{named}?sslmode=verify-full&sslrootcert={authority}")).await.ok(), Some(1));
    assert_eq!(secret(&format!("{named}?sslrootcert={authority}")).await.ok(), Some(1));
    assert_eq!(secret(&url).await.ok(), Some(0), "on this machine nothing else is asked for");
    // Of another name than its certificate says, or with one that nobody vouches for.
    assert!(secret(&format!("{url}?sslmode=verify-full&sslrootcert={authority}")).await.is_err());
    assert!(secret(&format!("{named}?sslmode=verify-full")).await.is_err());
}
