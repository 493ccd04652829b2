//! Topics that many nodes share, in Redis Streams or Valkey.
//!
//! One script gives places, and begins a new life of a topic whenever events may be lost: see
//! [`Log`](sse_engine::topics::Log). An event is an entry of a stream, its id is the entry's id,
//! and its fields are plain text, so that people can read it: `d` data, `e` name, `i` given id, `r`
//! reconnection time.
//!
//! # URLs
//!
//! * `redis://[USER:PASSWORD@]HOST[:PORT][/DB]`: one Redis; port 6379 and database 0 if left out.
//! * `rediss://…`: the same with TLS. `?ca=FILE` trusts the roots of this file in PEM, and no
//!   others; without it those of this machine are trusted.
//! * `redis+sentinel://[USER:PASSWORD@]HOST[:PORT],HOST…/MASTER[/DB]`: the master that most of
//!   these sentinels name, asked anew for each connection; port 26379 if left out.
//! * `rediss+sentinel://…`: the same, with TLS to the sentinels and to the master.
//! * `unix:/PATH[?db=DB&user=USER&password=PASSWORD]`: a socket of this machine.
//!
//! `valkey` and `valkeys` mean the same as `redis` and `rediss`.
//!
//! *Passwords.* `:PASSWORD@` is a password alone, for the user `default`. User and password are
//! those of the master. A sentinel is told them only if it asks for a password; where it has its
//! own, that is `?sentinel_user=USER&sentinel_password=PASSWORD`. A password in front of the `@`
//! may hold any character; `%` and two hexadecimal digits stand for a byte. Behind the `?`, the
//! characters `&`, `@` and `%` are written so. No sentence of this crate shows any part of a URL
//! that may be secret.
//!
//! # What the user of an ACL needs
//!
//! The keys `~sse1:*`, and the commands `info eval evalsha xread xrange xrevrange xadd xdel xlen
//! xinfo del hset hget hmget hgetall hlen hdel zadd zcard zscore zremrangebyscore expire pexpire
//! time type`, and `select` for a database other than 0. With `client|id` and `client|unblock` a
//! topic that is followed anew is read at once, and within 0.1 s without them. A missing one is
//! named when a connection is opened.

mod address;
mod engine;
mod entries;
mod failure;
mod keys;
mod link;
mod log;
mod mistake;
mod presence;
mod publish;
mod reader;
mod sentinel;
mod sign_in;
mod socket;
mod tls;

pub use engine::RedisEngine;
pub use entries::{Read, entries};
pub use keys::{Keep, Keys};
pub use mistake::Mistake;
pub use presence::usual_name;
pub use publish::{Answered, Call, Publish};
