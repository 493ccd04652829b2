//! Topics that an engine keeps for many nodes, on a real `redis-server`.

#[path = "../support/mod.rs"]
mod support;

mod away;
mod cost;
mod lives;
mod masters;
mod operate;
mod publish;
mod redis;
mod returns;
mod slice;
