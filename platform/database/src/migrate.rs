//! Tables made and changed in numbered steps, each applied once.

use crate::{Database, DatabaseError, Statement};

/// See [`Database::migrate`].
pub(crate) async fn migrate(
    database: &Database,
    room: &str,
    steps: &[&'static str],
) -> Result<(), DatabaseError> {
    let table = "CREATE TABLE IF NOT EXISTS migration (room TEXT NOT NULL, step BIGINT NOT NULL, PRIMARY KEY (room, step))";
    if let Some(postgres) = database.postgres() {
        return postgres.migrate(room, table, steps).await;
    }
    database.write(vec![Statement::new(table)]).await?;
    for (number, step) in (1_i64..).zip(steps.iter().copied()) {
        let room = room.to_owned();
        let sqlite = database.sqlite().ok_or(DatabaseError::Closed)?;
        sqlite
            .write(move |connection| {
                let known = "SELECT count(*) FROM migration WHERE room = ?1 AND step = ?2";
                let count: i64 = connection.query_row(known, (&room, number), |row| row.get(0))?;
                if count == 0 {
                    connection.execute_batch(step)?;
                    connection
                        .execute("INSERT INTO migration (room, step) VALUES (?1, ?2)", (&room, number))?;
                }
                Ok::<(), DatabaseError>(())
            })
            .await?;
    }
    Ok(())
}
