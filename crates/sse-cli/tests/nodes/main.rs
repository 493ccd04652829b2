//! Many nodes, one engine: real processes, and what every subscriber saw of them.
//!
//! Each scenario has its own engine, nodes and balancer, so they run side by side. It breaks
//! something while 300 subscribers come and go and two publishers repeat what was not acknowledged.
//! In the end it compares what each subscriber got with what was acknowledged (`account.rs`).
//! `SSE_CHANCE` sets the chance of a run.

#![cfg(target_os = "linux")]

#[path = "../support/mod.rs"]
mod support;

mod account;
mod account_tests;
mod alone;
mod balancer;
mod chance;
mod deaths;
mod engine;
mod front;
mod fronts;
mod line;
mod losses;
mod pauses;
mod ports;
mod publisher;
mod scene;
mod sentinels;
mod steps;
mod strangers;
mod subscriber;
