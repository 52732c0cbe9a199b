//! What operators and owners want of recipients in the queue.

use async_trait::async_trait;
use database::{Statement, Transaction, Work};
use kernel::Timestamp;

use super::list::conditions;
use super::row;
use super::settle::{Told, close, tell};
use crate::sql::SqlStore;
use crate::trace::Stage;
use crate::{ORDER_RECIPIENT_COUNT_MAX, Order, Orderer, RecipientKey, RemoteReply, Selection, StoreError};

struct Orders {
    selection: Selection,
    order: Order,
    orderer: Orderer,
    by: String,
    /// Why it is held, as a word of the trace; empty where nothing says so.
    held_for: &'static str,
    now: Timestamp,
    /// Most rows that it looks at.
    count_max: usize,
}

/// What came of one round.
struct Round {
    /// Rows that were there to be reached.
    found: usize,
    /// Those of them that another node had not reached by then.
    reached: usize,
}

/// What an order does to one row: the states it reaches, what is set, and what the trace is told.
struct Doing {
    reaches: String,
    set: String,
    stage: Stage,
}

/// In the column `wish`, of what is held and of what is leased and is to be held: those that somebody reaches. What a sandbox
/// keeps is reached by nobody here. What is of nobody is reached by everybody.
const fn within_reach(orderer: Orderer) -> (&'static str, &'static str) {
    match orderer {
        Orderer::Operator => ("(0, 2, 4, 5, 6)", "(2, 4, 5, 6)"),
        Orderer::Owner => ("(0, 2, 5, 6)", "(2, 5, 6)"),
        Orderer::Watch => ("(0, 2, 5)", "(2, 5)"),
    }
}

fn doing(order: Order, orderer: Orderer) -> Doing {
    let (held, to_be_held) = within_reach(orderer);
    match order {
        Order::Hold => {
            let holder = row::holder_key(orderer);
            // The operator takes over what others hold, so that these do not let it go.
            let taken_over = match orderer {
                Orderer::Operator => "OR r.state < 3 AND r.state > 0 AND r.wish IN (0, 2, 5, 6)",
                Orderer::Owner | Orderer::Watch => "",
            };
            Doing {
                reaches: format!("(r.state = 0 OR r.state = 3 OR r.state = 1 AND r.wish = 0 {taken_over})"),
                set: format!("state = CASE WHEN state = 1 THEN 1 ELSE 2 END, wish = {holder}"),
                stage: Stage::Held,
            }
        }
        Order::Release => {
            // What is being tried goes on, and is not held when that ends.
            let set = "state = CASE WHEN state = 1 THEN 1 ELSE 0 END, wish = 0, \
                       due_at = CASE WHEN state = 1 THEN due_at ELSE $3 END";
            let reaches =
                format!("(r.state = 2 AND r.wish IN {held} OR r.state = 1 AND r.wish IN {to_be_held})");
            Doing { reaches, set: set.to_owned(), stage: Stage::Released }
        }
        Order::Retry => Doing {
            reaches: "r.state = 0 AND r.due_at > $1".to_owned(),
            set: "due_at = $3".to_owned(),
            stage: Stage::Hastened,
        },
        Order::Bounce => Doing {
            reaches: format!(
                "(r.state = 2 AND r.wish IN {held} OR r.state = 3 OR r.state = 0 AND r.wish <> 1 \
                 OR r.state = 1 AND (r.wish = 0 OR r.wish IN {to_be_held}))"
            ),
            set: "wish = 1, due_at = CASE WHEN state = 1 THEN due_at ELSE $3 END, \
                  state = CASE WHEN state = 1 THEN 1 ELSE 0 END"
                .to_owned(),
            stage: Stage::Condemned,
        },
        // What is being tried and was to be held is given up when that ends: it cannot be taken from who tries it.
        Order::Remove => {
            // Thrown away is what a sandbox keeps as well.
            let held = if orderer == Orderer::Operator { "(0, 2, 3, 4, 5, 6)" } else { held };
            Doing {
                reaches: format!(
                    "(r.state = 0 OR r.state = 2 AND r.wish IN {held} OR r.state = 3 \
                     OR r.state = 1 AND r.wish IN {to_be_held})"
                ),
                set: "wish = CASE WHEN state = 1 THEN 1 ELSE wish END, \
                      closed_at = CASE WHEN state = 1 THEN closed_at ELSE $3 END, \
                      state = CASE WHEN state = 1 THEN 1 ELSE 6 END"
                    .to_owned(),
                stage: Stage::Removed,
            }
        }
    }
}

#[async_trait]
impl Work for Orders {
    type Output = Round;
    type Error = StoreError;

    async fn run(&self, transaction: &mut Transaction<'_>) -> Result<Round, StoreError> {
        let doing = doing(self.order, self.orderer);
        let (text, mut select) = conditions(&self.selection, 2);
        let sql = format!(
            "SELECT r.queue, r.ordinal FROM queue_recipient r JOIN queue q ON q.id = r.queue \
             WHERE $1 > CAST(0 AS BIGINT) AND {}{text} ORDER BY r.queue, r.ordinal LIMIT {}",
            doing.reaches, self.count_max
        );
        select.insert(0, self.now.millis().into());
        let rows = transaction.query(Statement { sql: sql.into(), params: select }).await?;
        let said = RemoteReply { text: self.by.clone(), ..RemoteReply::default() };
        let said = (!self.by.is_empty()).then_some(&said);
        let holds = (self.order == Order::Hold).then(|| [self.orderer.holds(), self.held_for]);
        let holds = holds.into_iter().flatten().filter(|word| !word.is_empty());
        let reasons: Vec<String> = holds.map(str::to_owned).collect();
        let mut reached = 0;
        for found in &rows {
            let key =
                RecipientKey { queue_id: found.int(0)?.unsigned_abs(), ordinal: row::ordinal(found.int(1)?) };
            // Again with its condition: another node may have leased it between.
            let update = Statement::new(format!(
                "UPDATE queue_recipient AS r SET {} WHERE queue = $1 AND ordinal = $2 AND $3 > CAST(0 AS BIGINT) AND {} \
                 RETURNING state",
                doing.set,
                doing.reaches.replace("$1", "$3")
            ));
            let update = update.bind(found.int(0)?).bind(found.int(1)?).bind(self.now.millis());
            let Some(changed) = transaction.first(update).await? else { continue };
            reached += 1;
            let is_tried = changed.int(0)? == row::LEASED;
            let told = Told {
                stage: if self.order == Order::Remove && is_tried { Stage::Condemned } else { doing.stage },
                at: self.now,
                reply: said,
                next_at: None,
                source: None,
                reasons: &reasons,
            };
            tell(transaction, key, told).await?;
            if self.order == Order::Remove && !is_tried {
                close(transaction, key.queue_id, 1, self.now).await?;
            }
        }
        Ok(Round { found: rows.len(), reached })
    }
}

impl SqlStore {
    /// Holds for the watch over what a mailbox sends until nobody is left to be reached; the trace says why, by `held_for`.
    ///
    /// # Errors
    /// [`StoreError`]: some may be held.
    pub async fn hold_for(&self, selection: &Selection, held_for: &'static str) -> Result<u64, StoreError> {
        let mut reached = 0;
        loop {
            let count = self.queue_order(selection, Order::Hold, (Orderer::Watch, ""), held_for).await?;
            reached += count;
            if count < ORDER_RECIPIENT_COUNT_MAX as u64 {
                return Ok(reached);
            }
        }
    }

    pub(crate) async fn queue_order(
        &self,
        selection: &Selection,
        order: Order,
        by: (Orderer, &str),
        held_for: &'static str,
    ) -> Result<u64, StoreError> {
        let (orderer, by) = by;
        let (selection, now) = (selection.clone(), self.now());
        let mut reached = 0;
        // Where another node reaches the same rows at the same time, fewer are left of a full round: only a round that is not
        // full has seen all that there is.
        loop {
            let count_max = ORDER_RECIPIENT_COUNT_MAX - reached;
            let (selection, by) = (selection.clone(), by.to_owned());
            let round = self
                .database
                .transact(Orders { selection, order, orderer, by, held_for, now, count_max })
                .await?;
            reached += round.reached;
            if round.found < count_max || reached >= ORDER_RECIPIENT_COUNT_MAX {
                break;
            }
        }
        self.queue_bell.notify_one();
        Ok(reached as u64)
    }
}
