//! Clients that were refused and had no stream before: they have been there, and what comes next is
//! their return.

use std::time::Instant;

use super::{Aftermath, Answered, Connection, Departed, GONE, Reconnects, Resume, who};

impl Reconnects {
    /// Looks for the client of a row that comes among those that were refused, and remembers it
    /// there if it is refused itself. Of rows that ended, `is_there` tells whether they are still in
    /// the table.
    pub(super) fn after_refusal(
        &mut self,
        row: &Connection,
        resume: Option<&Resume>,
        answered: Answered,
        now: Instant,
        is_there: impl Fn(u64) -> bool,
    ) {
        let (client, who) = (&row.client, who(&row.client));
        let had = resume.and_then(|resume| Some((resume.had?, &resume.numbers)));
        let mut refused = self.refused.iter();
        let place = refused.position(|before| before.fits(who, client, had).is_some());
        if let Some(before) = place.and_then(|place| self.refused.remove(place)) {
            let away = now.saturating_duration_since(before.at);
            let back = before.back(client, resume, answered, Some(away));
            self.came.insert(row.id, back);
            // Where it is refused again, that is said of the new row: it is bad until the next one.
            let left = Aftermath::Returned {
                to: row.id,
                away: Some(away),
                sure: before.is_sure(),
                despite: false,
            };
            if is_there(before.row) {
                self.left.insert(before.row, left);
            }
        }
        if let Answered::Refused(status) = answered {
            self.remember_refused(row, status, now);
        }
    }

    /// Remembers a client that was refused.
    pub(super) fn remember_refused(&mut self, row: &Connection, status: u16, now: Instant) {
        self.refused.truncate(GONE - 1);
        self.refused.push_front(Departed::refused(row, status, now));
    }
}
