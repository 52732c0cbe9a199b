//! Where everything is kept: the databases that the configuration names.

use anyhow::Context as _;
use database::Database;

use crate::config::{Config, DatabaseUrl};

/// The schema of the message store in a PostgreSQL database that it shares with the control plane.
const STORE_SCHEMA: &str = "hosterra_mail";
/// The schema of the control plane.
const CONTROL_SCHEMA: &str = "hosterra_control";

/// The databases of the control plane and of the message store.
///
/// # Errors
/// They cannot be opened.
pub async fn databases(config: &Config) -> anyhow::Result<(Database, Database)> {
    match &config.database.url {
        DatabaseUrl::Sqlite => {
            let open = |name: &str| {
                let path = config.data.join(name);
                Database::open_sqlite(&path).with_context(|| format!("opening {}", path.display()))
            };
            Ok((open("control.db")?, open("mail.db")?))
        }
        DatabaseUrl::Postgres(url) => {
            let connect = async |schema: &str| {
                Database::connect_postgres_schema(url, config.database.connection_count_max, schema)
                    .await
                    .context("connecting to PostgreSQL")
            };
            Ok((connect(CONTROL_SCHEMA).await?, connect(STORE_SCHEMA).await?))
        }
    }
}

/// Takes the data folder for one process: two servers would each keep their own sessions in the dark about the other, and a
/// server that runs while keys are wrapped anew would make some under the old one.
///
/// # Errors
/// Another process has it.
pub fn lock(config: &Config) -> anyhow::Result<std::fs::File> {
    let path = config.data.join("serve.lock");
    let file = std::fs::File::create(&path).with_context(|| format!("making {}", path.display()))?;
    file.try_lock()
        .map_err(|_| anyhow::anyhow!("{} is served already by another process", config.data.display()))?;
    Ok(file)
}
