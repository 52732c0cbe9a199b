//! What is said where a name belongs to somebody else.

use kernel::ClaimKind;

use super::{BoxRefusal, HostingRefusal};

impl From<ClaimKind> for HostingRefusal {
    /// The refusal where a name belongs to another stream.
    fn from(kind: ClaimKind) -> Self {
        match kind {
            ClaimKind::Address => Self::AddressTaken,
            ClaimKind::Domain => Self::DomainTaken,
            ClaimKind::AddedDomain => BoxRefusal::DomainAdded.into(),
            ClaimKind::Login => Self::LoginTaken,
        }
    }
}
