//! Where everything is kept: the databases that the configuration names.

use std::fs;
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};

use anyhow::Context as _;
use database::Database;

use crate::config::{Config, DatabaseUrl};

/// The schema of the message store in a PostgreSQL database that it shares with the control plane.
const STORE_SCHEMA: &str = "hosterra_mail";
/// The schema of the control plane.
const CONTROL_SCHEMA: &str = "hosterra_control";

/// The data folder, made where it is not there: its owner's alone, since all mail is in it. One that is there is left as it
/// is.
///
/// # Errors
/// It cannot be made.
pub fn folder(config: &Config) -> anyhow::Result<()> {
    let path = &config.data;
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(path)
        .with_context(|| format!("making {}", path.display()))?;
    Ok(())
}

/// Says so in the log where every login of the machine may look into the data folder.
pub fn look_at_folder(config: &Config) {
    let path = &config.data;
    if fs::metadata(path).is_ok_and(|found| found.permissions().mode() & 0o007 != 0) {
        tracing::warn!(folder = %path.display(), "every login of this machine may look into the data folder; `chmod o=` ends that");
    }
}

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
pub fn lock(config: &Config) -> anyhow::Result<fs::File> {
    let path = config.data.join("serve.lock");
    let file = fs::File::create(&path).with_context(|| format!("making {}", path.display()))?;
    file.try_lock()
        .map_err(|_| anyhow::anyhow!("{} is served already by another process", config.data.display()))?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_data_folder_is_its_owners_alone() {
        let around = tempfile::tempdir().expect("a folder");
        let config = Config { data: around.path().join("deep/data"), ..Config::default() };
        folder(&config).expect("made");
        let mode = fs::metadata(&config.data).expect("there").permissions().mode();
        assert_eq!(mode & 0o777, 0o700);
        folder(&config).expect("there already");
    }
}
