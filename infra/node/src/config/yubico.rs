//! Who knows YubiKeys.

use std::path::PathBuf;

use anyhow::Context as _;
use caller::Caller;
use serde::Deserialize;
use yubikey::{Servers, Verifier};

/// Where the secret key is, unless it is in a file.
const VARIABLE: &str = "HOSTERRA_YUBICO_KEY";
/// Yubico's own server.
const YUBICLOUD: &str = "https://api.yubico.com/wsapi/2.0/verify";

/// Who knows YubiKeys: servers of the validation protocol 2.0.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct YubicoConfig {
    /// Where they answer; Yubico's own where none is named. All are asked at once.
    #[serde(default = "yubicloud")]
    pub servers: Vec<String>,
    /// The number that they know the operator by.
    pub client_id: String,
    /// The file with the secret key in base64, one line; the environment's `HOSTERRA_YUBICO_KEY` where absent.
    pub secret_key_file: Option<PathBuf>,
}

fn yubicloud() -> Vec<String> {
    vec![YUBICLOUD.to_owned()]
}

impl YubicoConfig {
    /// Asks them by `caller`.
    ///
    /// # Errors
    /// The secret key is not there, or something is not what the protocol wants.
    pub fn verifier(&self, caller: Caller) -> anyhow::Result<Verifier> {
        let secret_key = match &self.secret_key_file {
            Some(path) => {
                std::fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))?
            }
            None => std::env::var(VARIABLE).with_context(|| {
                format!("[yubico] needs secret_key_file, or {VARIABLE} in the environment")
            })?,
        };
        let servers = Servers { urls: self.servers.clone(), client_id: self.client_id.clone(), secret_key };
        Verifier::new(servers, caller).context("[yubico]")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Config, parse_toml};
    use std::path::Path;

    #[test]
    fn yubico_is_asked_where_no_other_server_is_named_and_a_missing_key_is_said() {
        let config: Config =
            parse_toml(Path::new("h.toml"), "[yubico]\nclient_id = \"87\"\n").expect("a configuration");
        let mut yubico = config.yubico.clone().expect("set");
        assert_eq!(yubico.servers, [YUBICLOUD]);
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("key");
        yubico.secret_key_file = Some(path.clone());
        let verifier =
            |yubico: &YubicoConfig| yubico.verifier(crate::policy::webhook::caller(&config).expect("TLS"));
        assert!(verifier(&yubico).is_err_and(|error| error.to_string().contains("key")));
        std::fs::write(&path, "mG5be6ZJU1qBGz24yPh/ESM3UdU=\n").expect("written");
        assert!(verifier(&yubico).is_ok());
        std::fs::write(&path, "secret\n").expect("written");
        assert!(verifier(&yubico).is_err_and(|error| format!("{error:#}").contains("base64")));
    }
}
