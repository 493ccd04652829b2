//! Two thousand lives of one server leave nothing behind. Alone in its binary: it counts what
//! belongs to the whole process.

mod support;

use std::fs;

use sse_server::{Config, Server};
use support::Client;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[cfg(target_os = "linux")] // It reads /proc.
async fn two_thousand_cycles_leave_no_descriptor_task_or_memory_behind() {
    let server = Server::new(Config {
        port: 0,
        ..Config::default()
    })
    .await
    .expect("sound");
    // The log keeps 10,000 entries and a cycle makes six: from there on, nothing grows but what the
    // allocator has not met yet.
    for _ in 0..2700 {
        cycle(&server).await;
    }
    let before = stretch(&server).await;
    for _ in 0..9 {
        stretch(&server).await;
    }
    let mut after = stretch(&server).await;
    // A task that is no longer waited for is taken off the runtime's list a moment later.
    support::soon("the last task to be gone", async {
        while Usage::now().tasks > before.tasks {
            tokio::task::yield_now().await;
        }
    })
    .await;
    after.tasks = Usage::now().tasks;
    println!("before {before:?}, after {after:?}");
    assert_eq!(after.descriptors, before.descriptors);
    assert_eq!(after.tasks, before.tasks);
    // The table keeps the last closed rows, and did before. An allocator moves in steps, which once
    // were taken for a leak over two hundred cycles. Less than 1 KiB a cycle is none.
    assert!(
        after.resident_kib < before.resident_kib + 1536,
        "{before:?} {after:?}"
    );
}

/// Two hundred cycles, and the least that was in use after any ten of them. What is resident moves
/// up and down by 1 MiB as threads meet their allocator; a leak raises the floor of that, and one
/// sample once took a crest for a leak.
async fn stretch(server: &Server) -> Usage {
    let mut floor = Usage {
        descriptors: usize::MAX,
        tasks: usize::MAX,
        resident_kib: u64::MAX,
    };
    for _ in 0..20 {
        for _ in 0..10 {
            cycle(server).await;
        }
        let now = Usage::now();
        floor.descriptors = floor.descriptors.min(now.descriptors);
        floor.tasks = floor.tasks.min(now.tasks);
        floor.resident_kib = floor.resident_kib.min(now.resident_kib);
    }
    floor
}

/// One life, with a client that reads, one that never does, one that sent half a request and one
/// that left.
async fn cycle(server: &Server) {
    server.start().await.expect("a free port");
    let addr = ([127, 0, 0, 1], server.status().borrow().port).into();
    let mut reader = Client::connect(addr).await;
    reader
        .send("GET /endless HTTP/1.1\r\nhost: localhost\r\n\r\n")
        .await;
    reader.until("data: 1\n\n").await;
    let mut deaf = Client::connect(addr).await;
    deaf.send("GET /endless?every=0ms HTTP/1.1\r\nhost: localhost\r\n\r\n")
        .await;
    let mut half = Client::connect(addr).await;
    half.send("GET /endless HT").await;
    drop(Client::connect(addr).await);
    server.stop().await;
    reader.rest().await;
    half.rest().await;
}

#[derive(Debug)]
struct Usage {
    descriptors: usize,
    tasks: usize,
    resident_kib: u64,
}

impl Usage {
    fn now() -> Self {
        Self {
            descriptors: fs::read_dir("/proc/self/fd").expect("Linux has it").count(),
            tasks: tokio::runtime::Handle::current()
                .metrics()
                .num_alive_tasks(),
            resident_kib: support::resident_kib(),
        }
    }
}
