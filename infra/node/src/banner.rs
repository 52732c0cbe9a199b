//! What the operator reads after a start.

use std::io::Write as _;
use std::net::SocketAddr;

use crate::config::Config;
use crate::policy::demo;

/// A listener that is open.
pub struct Open {
    /// What it speaks.
    pub name: &'static str,
    /// Where.
    pub address: SocketAddr,
}

/// Prints addresses, ports and demo logins.
pub fn print(config: &Config, open: &[Open]) {
    let mut text =
        format!("Hosterra {} is ready. Data: {}\n", env!("CARGO_PKG_VERSION"), config.data.display());
    for Open { name, address } in open {
        text.push_str(&format!("  {name:<28}{address}\n"));
    }
    if config.demo.enabled {
        text.push_str(&format!(
            "Demo domain {}: administrator {}, mailboxes {}; password of all: {}\n",
            demo::DOMAIN,
            demo::ADMINISTRATOR,
            demo::LOCAL_PARTS.map(|local| format!("{local}@{}", demo::DOMAIN)).join(" and "),
            demo::PASSWORD
        ));
    }
    // A closed standard output is no reason not to serve.
    drop(std::io::stdout().write_all(text.as_bytes()));
}
