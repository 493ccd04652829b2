//! Recordings of connections, for whoever runs the server in its own process.

use super::Server;
use crate::connections::RecordedView;
use crate::error::Error;

impl Server {
    /// Begins to record a connection: what is kept of it, and all that comes, 8 MiB at most; `None`
    /// where the table has no such connection.
    ///
    /// # Errors
    /// As many are recorded as may be.
    pub fn record(&self, id: u64) -> Option<Result<RecordedView, Error>> {
        self.context.rooms.of_row(|table| table.record(id))
    }

    /// What there is of a connection as the text of a recording, without secrets: what was recorded
    /// of it, else what is kept. `None` where the table has no such connection.
    pub fn recording(&self, id: u64) -> Option<String> {
        self.context.rooms.of_row(|table| table.recording(id))
    }

    /// Ends the recording of a connection, and forgets it; `None` where the table has no such
    /// connection.
    pub fn end_recording(&self, id: u64) -> Option<RecordedView> {
        self.context.rooms.of_row(|table| table.end_recording(id))
    }
}
