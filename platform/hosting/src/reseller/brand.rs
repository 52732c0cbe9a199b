//! How a reseller presents itself to its customers.

use std::fmt;

use kernel::{DomainId, DomainName};

use crate::limit::{
    BRAND_HOST_COUNT_MAX, BRAND_NAME_CHARACTER_COUNT_MAX, LOGO_OCTETS_MAX, LOGO_PIXEL_COUNT_MAX,
};
use crate::refusal::{Limit, ResellerRefusal};
use crate::{HostingRefusal, Language};

/// A name, colours, a logo, hosts and a language, under which a reseller's customers sign in and are written to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Brand {
    /// 1 to 64 characters.
    pub name: String,
    /// Of heads and buttons.
    pub accent: Colour,
    /// Of what is written on them; readable there.
    pub on_accent: Colour,
    /// The picture.
    pub logo: Option<Logo>,
    /// Where its customers sign in, at most 5.
    pub hosts: Vec<BrandHost>,
    /// Of its pages; none: what browsers ask for.
    pub language: Option<Language>,
}

/// A host under which customers sign in, for example `panel.example.com`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BrandHost {
    /// Its name.
    pub name: DomainName,
    /// The verified domain of the account that it lies in.
    pub domain: DomainId,
}

/// A picture, by the SHA-256 of its octets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Logo {
    /// By which its octets are found.
    pub sha256: [u8; 32],
    /// Pixels from left to right.
    pub width: u32,
    /// Pixels from top to bottom.
    pub height: u32,
}

/// A colour of sRGB.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Colour(u8, u8, u8);

/// The least contrast of a text with what is behind it (WCAG 2.2, success criterion 1.4.3).
const CONTRAST_MIN: f64 = 4.5;

/// First labels of hosts by which mail clients set themselves up.
const HOST_LABELS_RESERVED: [&str; 3] = ["autoconfig", "autodiscover", "mta-sts"];

impl Brand {
    /// The same with its name trimmed, where everything about it can be shown.
    ///
    /// # Errors
    /// `NAME_EMPTY`, `NAME_TOO_LONG`, `NAME_CHARACTER`, `COLOUR_CONTRAST`, `BRAND_HOST_LIMIT_REACHED`,
    /// `BRAND_HOST_RESERVED`.
    pub fn checked(mut self) -> Result<Self, HostingRefusal> {
        self.name = crate::text::name(&self.name, BRAND_NAME_CHARACTER_COUNT_MAX)?;
        if self.accent.contrast(self.on_accent) < CONTRAST_MIN {
            return Err(ResellerRefusal::ColourContrast.into());
        }
        if self.hosts.len() > BRAND_HOST_COUNT_MAX {
            let limit = Limit::count(BRAND_HOST_COUNT_MAX, self.hosts.len());
            return Err(ResellerRefusal::BrandHostLimitReached(limit).into());
        }
        let is_reserved = |host: &BrandHost| {
            host.name.as_str().split('.').next().is_some_and(|label| HOST_LABELS_RESERVED.contains(&label))
        };
        if self.hosts.iter().any(is_reserved) {
            return Err(ResellerRefusal::BrandHostReserved.into());
        }
        Ok(self)
    }
}

impl BrandHost {
    /// Whether it lies below that domain; the domain itself answers mail clients.
    pub fn lies_in(&self, domain: &DomainName) -> bool {
        let (host, domain) = (self.name.as_str(), domain.as_str());
        host.strip_suffix(domain).is_some_and(|rest| rest.ends_with('.'))
    }
}

impl Colour {
    /// Reads `#` and six hexadecimal digits.
    ///
    /// # Errors
    /// `COLOUR_MALFORMED`.
    pub fn parse(text: &str) -> Result<Self, HostingRefusal> {
        let digits = text
            .strip_prefix('#')
            .filter(|digits| digits.len() == 6 && digits.bytes().all(|digit| digit.is_ascii_hexdigit()));
        let number = digits.and_then(|digits| u32::from_str_radix(digits, 16).ok());
        let [_, red, green, blue] = number.ok_or(ResellerRefusal::ColourMalformed)?.to_be_bytes();
        Ok(Self(red, green, blue))
    }

    /// How far two colours are from one another: 1 (the same) to 21 (black and white), as WCAG 2.2 defines it.
    pub fn contrast(self, other: Self) -> f64 {
        let (one, two) = (self.luminance(), other.luminance());
        (one.max(two) + 0.05) / (one.min(two) + 0.05)
    }

    fn luminance(self) -> f64 {
        let linear = |octet: u8| {
            let share = f64::from(octet) / 255.0;
            if share <= 0.040_45 { share / 12.92 } else { ((share + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * linear(self.0) + 0.7152 * linear(self.1) + 0.0722 * linear(self.2)
    }
}

impl fmt::Display for Colour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{:02x}{:02x}{:02x}", self.0, self.1, self.2)
    }
}

const PNG_SIGNATURE: &[u8] = b"\x89PNG\r\n\x1a\n";

impl Logo {
    /// The size of a PNG picture in pixels, where it is one from its first octet to its last and not too large (PNG,
    /// third edition, sections 5.2 and 5.3). What it shows is for browsers to find out; what could be anything else than a
    /// picture is refused.
    ///
    /// # Errors
    /// `LOGO_MALFORMED`.
    pub fn measure(octets: &[u8]) -> Result<(u32, u32), HostingRefusal> {
        let size = (octets.len() <= LOGO_OCTETS_MAX).then(|| png_size(octets)).flatten();
        let fits = |side: &u32| (1..=LOGO_PIXEL_COUNT_MAX).contains(side);
        size.filter(|(width, height)| fits(width) && fits(height))
            .ok_or_else(|| ResellerRefusal::LogoMalformed.into())
    }
}

/// Steps from chunk to chunk: IHDR first, IEND last and at the very end.
fn png_size(octets: &[u8]) -> Option<(u32, u32)> {
    let mut rest = octets.strip_prefix(PNG_SIGNATURE)?;
    let mut size = None;
    loop {
        let (length, after) = rest.split_first_chunk::<4>()?;
        let (kind, after) = after.split_first_chunk::<4>()?;
        let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
        // The data, and four octets of checksum.
        let data = after.get(..length)?;
        rest = after.get(length.checked_add(4)?..)?;
        match (kind, size) {
            (b"IHDR", None) => {
                let (width, data) = data.split_first_chunk::<4>()?;
                let (height, _) = data.split_first_chunk::<4>()?;
                size = Some((u32::from_be_bytes(*width), u32::from_be_bytes(*height)));
            }
            (b"IEND", Some(size)) => return (rest.is_empty() && length == 0).then_some(size),
            (_, Some(_)) if kind.iter().all(u8::is_ascii_alphabetic) => {}
            (_, Some(_) | None) => return None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kernel::Refusal as _;

    fn colour(text: &str) -> Colour {
        Colour::parse(text).expect("a colour")
    }

    fn png(sides: (u32, u32), after: &[u8]) -> Vec<u8> {
        let chunk = |kind: &[u8], data: &[u8]| {
            let length = u32::try_from(data.len()).expect("short").to_be_bytes();
            [&length[..], kind, data, &[0; 4]].concat()
        };
        let header = [&sides.0.to_be_bytes()[..], &sides.1.to_be_bytes(), &[8, 6, 0, 0, 0]].concat();
        [PNG_SIGNATURE, &chunk(b"IHDR", &header), &chunk(b"IDAT", &[1, 2, 3]), &chunk(b"IEND", &[]), after]
            .concat()
    }

    #[test]
    fn colours_are_read_and_their_contrast_is_that_of_wcag() {
        assert_eq!(colour("#2F5d50").to_string(), "#2f5d50");
        for wrong in ["2f5d50", "#2f5d5", "#2f5d500", "#2f5dxx", "red", "#+f5d50", ""] {
            assert_eq!(Colour::parse(wrong).expect_err(wrong).code(), "COLOUR_MALFORMED");
        }
        let contrast = |one, two| (colour(one).contrast(colour(two)) * 100.0).round() / 100.0;
        for (one, two, expected) in
            [("#000000", "#ffffff", 21.0), ("#777777", "#ffffff", 4.48), ("#767676", "#ffffff", 4.54)]
        {
            assert!((contrast(one, two) - expected).abs() < 0.005, "{one} {two}: {}", contrast(one, two));
        }
    }

    #[test]
    fn what_cannot_be_read_is_no_brand_and_hosts_for_set_up_are_left_alone() {
        let host = |name: &str| BrandHost {
            name: DomainName::parse(name).expect("a name"),
            domain: DomainId::new(uuid::Uuid::from_u128(1)),
        };
        let brand = |accent, host| Brand {
            name: " Acme ".to_owned(),
            accent: colour(accent),
            on_accent: colour("#ffffff"),
            logo: None,
            hosts: vec![host],
            language: None,
        };
        let checked = brand("#2f5d50", host("panel.acme.example")).checked().expect("a brand");
        assert_eq!(checked.name, "Acme");
        let faint = brand("#777777", host("panel.acme.example")).checked().expect_err("too faint");
        assert_eq!(faint.code(), "COLOUR_CONTRAST");
        for name in ["autoconfig.acme.example", "mta-sts.acme.example"] {
            let no = brand("#2f5d50", host(name)).checked().expect_err(name);
            assert_eq!(no.code(), "BRAND_HOST_RESERVED");
        }
        let domain = DomainName::parse("acme.example").expect("a name");
        for (name, lies_in) in [
            ("acme.example", false),
            ("a.b.acme.example", true),
            ("notacme.example", false),
            ("example", false),
        ] {
            assert_eq!(host(name).lies_in(&domain), lies_in, "{name}");
        }
    }

    #[test]
    fn a_logo_is_a_png_and_nothing_besides() {
        assert_eq!(Logo::measure(&png((640, 200), b"")), Ok((640, 200)));
        let huge = [png((64, 64), b"").as_slice(), &vec![0; LOGO_OCTETS_MAX]].concat();
        for wrong in [
            png((1025, 10), b""),
            png((0, 10), b""),
            png((64, 64), b"<script>alert(1)</script>"),
            png((64, 64), b"")[..40].to_vec(),
            b"<svg xmlns=\"http://www.w3.org/2000/svg\"/>".to_vec(),
            b"\xff\xd8\xff\xe0".to_vec(),
            PNG_SIGNATURE.to_vec(),
            vec![],
            huge,
        ] {
            assert_eq!(Logo::measure(&wrong).expect_err("no logo").code(), "LOGO_MALFORMED");
        }
    }
}
