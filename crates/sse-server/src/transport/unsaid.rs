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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_table_says_it_once_for_the_visits_that_follow_each_other() {
        let tables = [(); 2].map(|()| Connections::new(10));
        let changed = tables.each_ref().map(Connections::changed);
        let said = || changed.each_ref().map(|changed| *changed.borrow());
        let mut unsaid = Unsaid::default();
        unsaid.note(&tables[0]);
        unsaid.note(&tables[0]);
        assert_eq!(said(), [0, 0]);
        unsaid.note(&tables[1]);
        assert_eq!(said(), [1, 0], "the next is of another table");
        unsaid.say();
        assert_eq!(said(), [1, 1]);
    }
}
