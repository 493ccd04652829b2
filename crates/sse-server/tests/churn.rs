//! Exactly once while everything happens at once: clients are killed at random moments of the
//! publishing and come back with their last event id.

mod support;

use std::sync::Arc;
use std::time::{Duration, Instant};

use support::follower::{Storm, all_exact};
use support::topics::{Published, keep_all, seq};
use support::{Bench, Client};
use tokio::sync::{Mutex, watch};
use tokio::task::JoinSet;

/// One storm at a time: two would only take the processor from each other.
static ALONE: Mutex<()> = Mutex::const_new(());

/// For the whole of a storm.
const BOUND: Duration = Duration::from_secs(120);

/// Publishes numbers until `until`, each behind the answer to the last and `pause`; answers what
/// was published, with the number that the event got.
async fn publish(
    bench: Arc<Bench>,
    publisher: u64,
    until: Instant,
    pause: Duration,
) -> Vec<(u64, u64)> {
    let mut client = Client::connect(bench.addr).await;
    let mut published = Vec::new();
    while Instant::now() < until {
        let data = publisher * 1_000_000 + published.len() as u64;
        let (head, answer) = client
            .post(&bench, "/topics/storm", &[], data.to_string().as_bytes())
            .await;
        assert_eq!(head.status, 200, "{answer}");
        published.push((seq(&Published::read(&answer).id), data));
        tokio::time::sleep(pause).await;
    }
    published
}

/// Lets `clients` follow while `publishers` publish for `time`, and demands that each has
/// everything.
async fn storm(clients: u64, publishers: u64, time: Duration, pause: Duration, life: Duration) {
    let _alone = ALONE.lock().await;
    sse_server::raise_file_limit();
    let bench = Arc::new(Bench::topics(keep_all()).await);
    let (set_last, last) = watch::channel(None);
    let begun = Instant::now();
    let followers = Storm {
        addr: bench.addr,
        path: "/topics/storm",
        life,
        last,
    }
    .send_out(clients);
    let mut publishing = JoinSet::new();
    for publisher in 0..publishers {
        publishing.spawn(publish(Arc::clone(&bench), publisher, begun + time, pause));
    }
    let mut published = publishing.join_all().await.concat();
    published.sort_unstable();
    let numbers: Vec<u64> = published.iter().map(|(n, _)| *n).collect();
    let total = numbers.len() as u64;
    assert_eq!(numbers, (1..=total).collect::<Vec<_>>(), "one number each");
    set_last.send_replace(Some(total));
    let data: Vec<u64> = published.iter().map(|(_, data)| *data).collect();
    let tally = tokio::time::timeout(BOUND, all_exact(followers, &data))
        .await
        .expect("every client has all within the bound");
    println!(
        "{} clients began {} connections and received {} events of {total}, none lost and none twice, in {:.1?}",
        tally.clients,
        tally.lives,
        tally.events,
        begun.elapsed()
    );
    assert!(tally.lives > clients, "they were killed");
    bench.table("nobody", |view| view.tally.open == 0).await;
    bench
        .topic("storm", |topic| topic["subscribers"] == 0)
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_hundred_clients_come_and_go_while_publishers_never_pause() {
    let (time, life) = (Duration::from_secs(2), Duration::from_millis(300));
    storm(200, 4, time, Duration::ZERO, life).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_clients_killed_at_random_moments_get_every_event_exactly_once() {
    let (time, life) = (Duration::from_secs(8), Duration::from_secs(6));
    storm(1000, 1, time, Duration::from_millis(20), life).await;
}
