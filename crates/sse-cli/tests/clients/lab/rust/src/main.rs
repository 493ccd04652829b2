//! Connects eventsource-client to a URL, with what its example `tail` sets, and nothing else.
//!
//! usage: clients URL

use std::error::Error;
use std::time::Duration;

use eventsource_client::{Client, ClientBuilder};
use futures::StreamExt;
use launchdarkly_sdk_transport::HyperTransport;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let url = std::env::args().nth(1).ok_or("usage: clients URL")?;
    let transport = HyperTransport::builder()
        .connect_timeout(Duration::from_secs(10))
        .read_timeout(Duration::from_secs(30))
        .build_http()?;
    let mut stream = ClientBuilder::for_url(&url)?
        .build_with_transport(transport)
        .stream();
    // It tells each break as an error, and connects again when it is asked for more.
    while stream.next().await.is_some() {}
    Ok(())
}
