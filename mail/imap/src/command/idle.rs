//! IDLE (RFC 9051 section 6.3.13).

use listener::{Line, WireError};

use crate::answer::{Done, Failure, Outcome};
use crate::limits::{ACCESS_RECHECK_EVERY, AUTHENTICATED_WAIT, COMMAND_OCTETS_MAX};
use crate::session::Session;
use crate::table::Updates;

pub(crate) async fn run(session: &mut Session<'_>, (): ()) -> Outcome {
    session.wire.write(b"+ Idling\r\n").await?;
    let deadline = tokio::time::Instant::now() + AUTHENTICATED_WAIT;
    let stop = session.stop.clone();
    let mut bell = session.selected.as_ref().map(|selected| selected.view.bell());
    let mut has_rung = true;
    loop {
        if std::mem::take(&mut has_rung) {
            // Rings from here on wake it, those before are seen by the look.
            if let Some(bell) = &mut bell {
                bell.mark_unchanged();
            }
            session.tell_changes(Updates::All).await?;
            session.wire.flush().await?;
        }
        let rung = async {
            match &mut bell {
                Some(bell) => drop(bell.changed().await),
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            line = session.wire.line(COMMAND_OCTETS_MAX, AUTHENTICATED_WAIT) => {
                return match line? {
                    Line::Whole(line, _) if line.eq_ignore_ascii_case(b"DONE") => Ok(Done::new("No longer idle")),
                    Line::Whole(..) | Line::TooLong => Err(Failure::Bad("DONE ends IDLE")),
                };
            }
            () = rung => has_rung = true,
            // What is taken away is away from those who only listen as well.
            () = tokio::time::sleep(ACCESS_RECHECK_EVERY) => session.recheck()?,
            () = stop.cancelled() => {
                return Err(Failure::Bye("[UNAVAILABLE] The server is going down, try again soon"));
            }
            () = tokio::time::sleep_until(deadline) => return Err(Failure::Wire(WireError::Silent)),
        }
    }
}
