//! How pages look under a reseller's host, for the HTTP server.

use hosting::reseller::Brand;

use crate::api::Api;
use crate::document::object::{hex, unhex};
use crate::language::Language;

/// What pages under a reseller's host wear.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dress {
    /// What the reseller is called.
    pub name: String,
    /// The colour of heads and buttons, `#` and six hexadecimal digits.
    pub accent: String,
    /// The colour of what is written on them.
    pub on_accent: String,
    /// Where its logo is had, with its width and height in pixels.
    pub logo: Option<(String, u32, u32)>,
    /// The language where a visitor has chosen none.
    pub language: Option<Language>,
}

impl From<&Brand> for Dress {
    fn from(brand: &Brand) -> Self {
        let language = |language| match language {
            hosting::Language::En => Language::English,
            hosting::Language::Fr => Language::French,
        };
        Self {
            name: brand.name.clone(),
            accent: brand.accent.to_string(),
            on_accent: brand.on_accent.to_string(),
            logo: brand.logo.map(|logo| (logo_path(&logo.sha256), logo.width, logo.height)),
            language: brand.language.map(language),
        }
    }
}

pub(super) fn logo_path(sha256: &[u8; 32]) -> String {
    format!("/brand/{}.png", hex(sha256))
}

impl Api {
    /// What pages wear under `host`, a name without port; none where it is no reseller's.
    pub fn dress(&self, host: &str) -> Option<Dress> {
        self.platform().people.brand_at(host).map(|brand| Dress::from(&*brand))
    }

    /// The PNG picture of a reseller's logo under the name that [`Dress::logo`] gives, while it is one.
    pub async fn logo(&self, name: &str) -> Option<Vec<u8>> {
        let sha256 = unhex(name.strip_suffix(".png")?)?;
        let platform = self.platform();
        if !platform.people.is_logo(&sha256) {
            return None;
        }
        match platform.blobs.get(&sha256).await {
            Ok(octets) => octets,
            Err(error) => {
                tracing::error!(%error, "reading a logo");
                None
            }
        }
    }
}
