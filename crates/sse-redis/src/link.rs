//! One connection to an engine, over which calls go in order.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Cmd, RedisConnectionInfo, Value};
use tokio::task::JoinHandle;

use crate::failure::Failure;
use crate::socket::Socket;

/// A connection. Nothing is sent over it but what is called.
pub(crate) struct Link {
    connection: MultiplexedConnection,
    /// Bytes since the last answer.
    received: Arc<AtomicUsize>,
    over: Arc<AtomicBool>,
    driver: JoinHandle<()>,
}

impl Link {
    /// Calls over this socket, each of which is answered within this time.
    pub(crate) async fn new(socket: Socket, within: Duration) -> Result<Self, Failure> {
        let received = socket.received();
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(None)
            .set_response_timeout(Some(within));
        // What signs in is sent by us, so that each refusal has its own words.
        let info = RedisConnectionInfo::default().set_skip_set_lib_name();
        let (connection, driver) = MultiplexedConnection::new_with_config(&info, socket, config)
            .await
            .map_err(|e| Failure::of(&e))?;
        let over = Arc::new(AtomicBool::new(false));
        let ends = Arc::clone(&over);
        let driver = tokio::spawn(async move {
            driver.await;
            ends.store(true, Ordering::Release);
        });
        Ok(Self {
            connection,
            received,
            over,
            driver,
        })
    }

    /// Sends a command as soon as it is polled, and waits for the answer.
    pub(crate) fn call(
        &self,
        cmd: Cmd,
    ) -> impl Future<Output = Result<Value, Failure>> + Send + use<> {
        let is_over = self.over.load(Ordering::Acquire);
        let mut connection = self.connection.clone();
        let received = Arc::clone(&self.received);
        async move {
            if is_over {
                return Err(Failure::Unsent("the connection is lost".to_owned()));
            }
            let answer = connection.send_packed_command(&cmd).await;
            received.store(0, Ordering::Relaxed);
            let answer = answer.and_then(Value::extract_error);
            answer.map_err(|e| Failure::of(&e))
        }
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        // Else it waits for answers that nobody takes.
        self.driver.abort();
    }
}
