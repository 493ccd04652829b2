//! What a connection says first: who it is, and whether the engine can be worked with.

use redis::{Cmd, FromRedisValue, Value, cmd};

use crate::address::Login;
use crate::failure::{Failure, cut};
use crate::link::Link;

/// What a server says about itself.
#[derive(Debug)]
pub(crate) struct Info(String);

impl Info {
    /// What its process calls itself: another has another name.
    pub(crate) fn run_id(&self) -> &str {
        self.field("run_id").unwrap_or_default()
    }

    fn field(&self, name: &str) -> Option<&str> {
        let mut lines = self.0.lines();
        lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))
    }
}

/// Says who it is, and chooses the database.
pub(crate) async fn sign_in(link: &Link, login: &Login, database: u32) -> Result<(), Failure> {
    if let Some(password) = &login.password {
        let mut auth = cmd("AUTH");
        auth.arg(login.user.as_deref()).arg(password);
        link.call(auth).await.map_err(of_auth)?;
    }
    if database > 0 {
        let select = link.call(cmd("SELECT").arg(database).take());
        select.await.map_err(|e| match e {
            Failure::Unsure(_) => Failure::Refused(format!("it has no database {database}")),
            other => other,
        })?;
    }
    Ok(())
}

/// The refusal of a password. What the engine answers is not shown: one that does not know AUTH
/// repeats the password.
fn of_auth(e: Failure) -> Failure {
    match e {
        Failure::Unsure(words) if words.contains("without any password") => Failure::Refused(
            "it has no password, but the URL has one: remove it from the URL".to_owned(),
        ),
        Failure::Unsure(words) if words.starts_with("it answered") => Failure::Refused(
            "it does not take a user and a password: check its version, and the URL".to_owned(),
        ),
        other => other,
    }
}

/// Looks whether this is a master that works and lets us do all that we have to. `probe` is a key
/// that nobody else uses.
pub(crate) async fn look(link: &Link, probe: &str) -> Result<Info, Failure> {
    let info = link.call(cmd("INFO")).await?;
    let info: String = String::from_redis_value(info).map_err(|_| {
        Failure::Unsure("what answers is no Redis or Valkey: correct the URL".to_owned())
    })?;
    let info = Info(info);
    let refused = |words: &str| Err(Failure::Refused(words.to_owned()));
    if info.run_id().is_empty() {
        return refused(
            "its INFO has no run_id, and without it a loss cannot be noticed: use a Redis or Valkey that tells its run_id",
        );
    }
    if info.field("cluster_enabled") == Some("1") {
        return refused(
            "it is a Redis Cluster, which is not supported: name one server, or Sentinels",
        );
    }
    if info.field("role").is_some_and(|role| role != "master") {
        return refused("it is a replica: name its master, or the Sentinels that know it");
    }
    // There is no such script. Whoever may not call one hears that instead.
    match link
        .call(cmd("EVALSHA").arg("0".repeat(40)).arg(0).take())
        .await
    {
        Ok(_) | Err(Failure::NoScript) => {}
        Err(e) => return Err(e),
    }
    let mut test = cmd("EVAL");
    test.arg(include_str!("probe.lua")).arg(1).arg(probe);
    match link.call(test).await {
        Ok(Value::Nil) | Err(Failure::Full) => Ok(info),
        Ok(answer) => {
            let (command, error) = <(String, String)>::from_redis_value(answer).map_err(|_| {
                Failure::Unsure("what answers is no Redis or Valkey: correct the URL".to_owned())
            })?;
            Err(of_probe(&command, &error))
        }
        Err(e) => Err(e),
    }
}

/// What it refused to do in a script.
fn of_probe(command: &str, error: &str) -> Failure {
    Failure::Refused(match error {
        error if error.contains("READONLY") => "it is a replica and takes no writes".to_owned(),
        error if error.contains("NOREPLICAS") => {
            "it has fewer replicas than its `min-replicas-to-write`".to_owned()
        }
        error if error.contains("MISCONF") => {
            "it refuses writes because it cannot save its data to disk: see its log".to_owned()
        }
        error if error.contains("access") && error.contains("key") => {
            "its user may not use the keys: allow them, as in ACL SETUSER NAME ~sse1:*".to_owned()
        }
        error
            if ["can't run", "NOPERM", "ACL failure"]
                .iter()
                .any(|no| error.contains(no)) =>
        {
            format!("its user may not run {command}: allow it, as in ACL SETUSER NAME +{command}")
        }
        error => format!("it cannot run {command}: {}", cut(error)),
    })
}

/// What a person should change, though the engine works.
pub(crate) fn warnings(info: &Info, place: &str) -> Vec<String> {
    let mut warnings = Vec::new();
    if let Some(policy) = info.field("maxmemory_policy")
        && policy != "noeviction"
    {
        warnings.push(format!(
            "The engine at {place} has the maxmemory-policy {policy}, so it drops topics when its memory is full: set the policy to noeviction."
        ));
    }
    let version = info.field("redis_version").unwrap_or_default();
    let major = version
        .split('.')
        .next()
        .and_then(|n| n.parse::<u32>().ok());
    if major.is_some_and(|major| major < 7) {
        warnings.push(format!(
            "The engine at {place} is version {}, which is not tested: use Redis 7.0 or later, or Valkey.",
            cut(version)
        ));
    }
    warnings
}

/// Whether one connection may end the wait of another, and by which id.
pub(crate) async fn unblocks(calls: &Link, reads: &Link) -> Result<Option<i64>, Failure> {
    let id = reads.call(cmd("CLIENT").arg("ID").take()).await;
    let Some(Value::Int(id)) = may(id)? else {
        return Ok(None);
    };
    let unblock = calls.call(unblock(id)).await;
    Ok(may(unblock)?.map(|_| id))
}

/// Ends the wait of the connection with this id.
pub(crate) fn unblock(id: i64) -> Cmd {
    cmd("CLIENT").arg("UNBLOCK").arg(id).take()
}

/// An answer, unless it was refused.
fn may(answer: Result<Value, Failure>) -> Result<Option<Value>, Failure> {
    match answer {
        Ok(value) => Ok(Some(value)),
        Err(Failure::Refused(_)) => Ok(None),
        Err(e) => Err(e),
    }
}
