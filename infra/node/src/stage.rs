//! What tests of commands and policies stand on: an engine over a file that goes with it.

use std::sync::Arc;

use authority::Principal;
use database::Database;
use engine::{Case, Engine, Outcome};
use hosting::HostingRefusal;
use journal::keyring::{Keyring, MasterKey};
use journal::{SqlJournal, SystemClock};
use kernel::{CommandId, CorrelationId};
use uuid::Uuid;

/// An engine with nothing in it, and nothing that follows it.
pub struct Stage {
    /// It.
    pub engine: Arc<Engine>,
    /// Its tables, and the journal's.
    pub database: Database,
    _folder: tempfile::TempDir,
}

impl Stage {
    /// Over a new file.
    pub async fn open() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let database = Database::open_sqlite(&folder.path().join("control.db")).expect("a database");
        let clock = Arc::new(SystemClock);
        let journal = SqlJournal::open(database.clone(), clock.clone()).await.expect("a journal");
        let master = MasterKey::generate().expect("a key");
        let keyring = Arc::new(Keyring::open(database.clone(), master).await.expect("a keyring"));
        let engine = Engine::new(Arc::new(journal), keyring, database.clone(), clock).await;
        Self { engine: Arc::new(engine.expect("an engine")), database, _folder: folder }
    }
}

/// Does something as the operator.
pub async fn must(engine: &Engine, intention: &dyn Case<HostingRefusal>) {
    must_as(engine, &Principal::operator(), intention).await;
}

/// Does something as somebody.
pub async fn must_as(engine: &Engine, principal: &Principal, intention: &dyn Case<HostingRefusal>) {
    let (command, correlation) = (CommandId::new(Uuid::now_v7()), CorrelationId::new(Uuid::now_v7()));
    let outcome = engine.run(principal, command, correlation, intention).await;
    assert!(matches!(outcome, Ok(Outcome::Done { .. })), "{}: {outcome:?}", intention.name());
}
