//! What the table of connections is yet to say: that visits changed it.

use crate::connections::Connections;

/// The table of the last visit. To say that it changed, the processor has to wait until what was
/// noted in it is written, so this is said once for many visits.
#[derive(Debug, Default)]
pub(super) struct Unsaid {
    table: Option<Connections>,
    is_due: bool,
}

impl Unsaid {
    /// A visit may have changed this table.
    pub(super) fn note(&mut self, table: &Connections) {
        if !self.table.as_ref().is_some_and(|last| last.is(table)) {
            self.say();
            self.table = Some(table.clone());
        }
        self.is_due = true;
    }

    /// Has the table say it.
    pub(super) fn say(&mut self) {
        if let Some(table) = self.table.as_ref().filter(|_| self.is_due) {
            table.tell();
        }
        self.is_due = false;
    }
}
