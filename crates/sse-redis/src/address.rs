//! Where an engine is: the forms of its URL.

use std::fmt;
use std::path::PathBuf;

use percent_encoding::percent_decode_str;

use crate::mistake::Mistake;

/// A host and its port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Host {
    pub(crate) name: String,
    pub(crate) port: u16,
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name.contains(':') {
            true => write!(f, "[{}]:{}", self.name, self.port),
            false => write!(f, "{}:{}", self.name, self.port),
        }
    }
}

/// Who is to be asked for the engine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum At {
    Host(Host),
    /// A socket of this machine.
    Unix(PathBuf),
    /// These sentinels know which host is the master of this name.
    Sentinels(Vec<Host>, String),
}

/// A user and a password. Neither is ever shown.
#[derive(Clone, Default, PartialEq, Eq)]
pub(crate) struct Login {
    pub(crate) user: Option<String>,
    pub(crate) password: Option<String>,
}

impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Login")
    }
}

/// The place of an engine, as its URL says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Address {
    pub(crate) at: At,
    pub(crate) tls: bool,
    pub(crate) login: Login,
    /// That of the sentinels, where it is another.
    pub(crate) sentinel_login: Option<Login>,
    pub(crate) database: u32,
    /// The roots that are trusted, in place of the system's.
    pub(crate) roots: Option<PathBuf>,
}

const PORT: u16 = 6379;
const SENTINEL_PORT: u16 = 26379;

impl Address {
    /// Reads a URL. Whatever is wrong with it, the mistake shows nothing of it.
    pub(crate) fn read(url: &str) -> Result<Self, Mistake> {
        let url = url.trim();
        let (scheme, rest) = url.split_once(':').ok_or(Mistake::NoScheme)?;
        let scheme = scheme.to_ascii_lowercase();
        if scheme == "unix" || scheme == "redis+unix" {
            return Self::unix(rest);
        }
        let (tls, sentinels) = match &*scheme {
            "redis" | "valkey" => (false, false),
            "rediss" | "valkeys" => (true, false),
            "redis+sentinel" | "valkey+sentinel" => (false, true),
            "rediss+sentinel" | "valkeys+sentinel" => (true, true),
            _ => return Err(Mistake::NoScheme),
        };
        let rest = rest.strip_prefix("//").ok_or(Mistake::NoHost)?;
        // A password may hold any character: whatever is in front of the last @ is of it.
        let (login, rest) = match rest.rsplit_once('@') {
            Some((login, rest)) => (read_login(login)?, rest),
            None => (Login::default(), rest),
        };
        let (rest, options) = Options::split(rest)?;
        let mut parts = rest.trim_end_matches('/').split('/');
        let hosts = parts.next().unwrap_or_default();
        let at = if sentinels {
            let hosts = hosts.split(',').map(|host| read_host(host, SENTINEL_PORT));
            let hosts: Vec<Host> = hosts.collect::<Result<_, _>>()?;
            let master = parts.next().filter(|name| !name.is_empty());
            At::Sentinels(hosts, decoded(master.ok_or(Mistake::NoMaster)?)?)
        } else {
            if hosts.contains(',') {
                return Err(Mistake::ManyHosts);
            }
            At::Host(read_host(hosts, PORT)?)
        };
        let database = read_database(parts.next())?;
        if parts.next().is_some() {
            return Err(Mistake::BadDatabase);
        }
        if options.database.is_some() || (!tls && options.roots.is_some()) {
            return Err(Mistake::BadOption);
        }
        if !sentinels && options.sentinel_login.is_some() {
            return Err(Mistake::BadOption);
        }
        Ok(Self {
            at,
            tls,
            login,
            sentinel_login: options.sentinel_login,
            database,
            roots: options.roots,
        })
    }

    /// `unix:/PATH` or `unix:///PATH`, with `?db=`, `?user=` and `?password=`.
    fn unix(rest: &str) -> Result<Self, Mistake> {
        let (path, options) = Options::split(rest)?;
        let path = path.strip_prefix("//").unwrap_or(path);
        if !path.starts_with('/') || options.sentinel_login.is_some() || options.roots.is_some() {
            return Err(Mistake::BadSocket);
        }
        Ok(Self {
            at: At::Unix(decoded(path)?.into()),
            tls: false,
            login: options.login,
            sentinel_login: None,
            database: options.database.unwrap_or_default(),
            roots: None,
        })
    }
}

/// The place without user and password.
impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.tls { "rediss" } else { "redis" };
        match &self.at {
            At::Host(host) => write!(f, "{scheme}://{host}")?,
            At::Unix(path) => write!(f, "unix:{}", path.display())?,
            At::Sentinels(hosts, master) => {
                write!(f, "{scheme}+sentinel://")?;
                for (n, host) in hosts.iter().enumerate() {
                    let comma = if n == 0 { "" } else { "," };
                    write!(f, "{comma}{host}")?;
                }
                write!(f, "/{master}")?;
            }
        }
        match (&self.at, self.database) {
            (_, 0) => Ok(()),
            (At::Unix(_), database) => write!(f, "?db={database}"),
            (_, database) => write!(f, "/{database}"),
        }
    }
}

/// What is behind the question mark.
#[derive(Default)]
struct Options {
    database: Option<u32>,
    login: Login,
    sentinel_login: Option<Login>,
    roots: Option<PathBuf>,
}

impl Options {
    /// Cuts them off.
    fn split(rest: &str) -> Result<(&str, Self), Mistake> {
        let mut options = Self::default();
        let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').ok_or(Mistake::BadOption)?;
            let value = decoded(value)?;
            match name {
                "db" => options.database = Some(read_database(Some(&value))?),
                "user" => options.login.user = Some(value),
                "password" => options.login.password = Some(value),
                "sentinel_user" => {
                    options.sentinel_login.get_or_insert_default().user = Some(value);
                }
                "sentinel_password" => {
                    options.sentinel_login.get_or_insert_default().password = Some(value);
                }
                "ca" => options.roots = Some(value.into()),
                _ => return Err(Mistake::BadOption),
            }
        }
        let has_user_alone = |login: &Login| login.user.is_some() && login.password.is_none();
        let sentinel = options.sentinel_login.as_ref();
        if has_user_alone(&options.login) || sentinel.is_some_and(has_user_alone) {
            return Err(Mistake::NoPassword);
        }
        Ok((rest, options))
    }
}

fn read_login(text: &str) -> Result<Login, Mistake> {
    if text.is_empty() {
        return Ok(Login::default());
    }
    let (user, password) = text.split_once(':').ok_or(Mistake::NoPassword)?;
    let some = |text: &str| match text {
        "" => Ok(None),
        text => decoded(text).map(Some),
    };
    let login = Login {
        user: some(user)?,
        password: some(password)?,
    };
    match (&login.user, &login.password) {
        (Some(_), None) => Err(Mistake::NoPassword),
        _ => Ok(login),
    }
}

fn read_host(text: &str, default: u16) -> Result<Host, Mistake> {
    let (name, port) = match text.strip_prefix('[') {
        Some(rest) => {
            let (name, rest) = rest.split_once(']').ok_or(Mistake::NoHost)?;
            let port = match rest {
                "" => None,
                rest => Some(rest.strip_prefix(':').ok_or(Mistake::NoHost)?),
            };
            (name, port)
        }
        None => match text.split_once(':') {
            Some((name, port)) => (name, Some(port)),
            None => (text, None),
        },
    };
    let is_bad = |c: char| c.is_whitespace() || c.is_control() || "/?#\\".contains(c);
    if name.is_empty() || name.contains(is_bad) {
        return Err(Mistake::NoHost);
    }
    let port = match port {
        None => default,
        Some(port) => port.parse().map_err(|_| Mistake::BadPort)?,
    };
    if port == 0 {
        return Err(Mistake::BadPort);
    }
    Ok(Host {
        name: name.to_owned(),
        port,
    })
}

fn read_database(text: Option<&str>) -> Result<u32, Mistake> {
    match text {
        None | Some("") => Ok(0),
        Some(text) if text.bytes().all(|b| b.is_ascii_digit()) => {
            text.parse().map_err(|_| Mistake::BadDatabase)
        }
        Some(_) => Err(Mistake::BadDatabase),
    }
}

fn decoded(text: &str) -> Result<String, Mistake> {
    let text = percent_decode_str(text).decode_utf8();
    let text = text.map_err(|_| Mistake::NotText)?;
    match text.contains(['\r', '\n', '\0']) {
        true => Err(Mistake::NotText),
        false => Ok(text.into_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(url: &str) -> Address {
        Address::read(url).unwrap_or_else(|e| panic!("{url}: {e}"))
    }

    fn login(user: &str, password: &str) -> Login {
        let some = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        Login {
            user: some(user),
            password: some(password),
        }
    }

    #[test]
    fn a_place_is_shown_without_user_and_password() {
        for (url, place) in [
            ("redis://localhost", "redis://localhost:6379"),
            ("REDIS://localhost/", "redis://localhost:6379"),
            ("valkey://u:p@h:7/3", "redis://h:7/3"),
            ("rediss://:p@[::1]:7", "rediss://[::1]:7"),
            ("valkeys://[::1]/0", "rediss://[::1]:6379"),
            (
                "redis+sentinel://u:p@a,b:7,[::1]/main/2",
                "redis+sentinel://a:26379,b:7,[::1]:26379/main/2",
            ),
            ("rediss+sentinel://a/m", "rediss+sentinel://a:26379/m"),
            ("unix:/run/r.sock?db=2&password=p", "unix:/run/r.sock?db=2"),
            ("unix:///run/r.sock", "unix:/run/r.sock"),
            ("rediss://h?ca=/a%20b.pem", "rediss://h:6379"),
        ] {
            assert_eq!(read(url).to_string(), place, "{url}");
        }
    }

    #[test]
    fn a_password_may_hold_any_character() {
        for (url, expected) in [
            ("redis://u:p@h", login("u", "p")),
            ("redis://:p@h", login("", "p")),
            ("redis://u:a%40b%3A@h", login("u", "a@b:")),
            ("redis://u:a@b/c?d#e:f@h", login("u", "a@b/c?d#e:f")),
            ("redis://u:100%@h", login("u", "100%")),
            ("redis://@h", login("", "")),
            ("unix:/s?user=u&password=a%26b", login("u", "a&b")),
        ] {
            assert_eq!(read(url).login, expected, "{url}");
        }
        let sentinels = read("redis+sentinel://:a@h/m?sentinel_password=b");
        assert_eq!(sentinels.login, login("", "a"));
        assert_eq!(sentinels.sentinel_login, Some(login("", "b")));
        assert!(!format!("{sentinels:?}").contains("password"));
    }

    #[test]
    fn what_is_no_url_is_told_without_its_secrets() {
        use Mistake::*;
        for (url, mistake) in [
            ("", NoScheme),
            ("localhost:6379", NoScheme),
            ("http://h-secret", NoScheme),
            ("redis:h", NoHost),
            ("redis://", NoHost),
            ("redis://u:secret@", NoHost),
            ("redis://secret@h", NoPassword),
            ("redis://u:@h", NoPassword),
            ("redis://h:port", BadPort),
            ("redis://h:0", BadPort),
            ("redis://h:70000", BadPort),
            ("redis://::1", NoHost),
            ("redis://[::1", NoHost),
            ("redis://h/x", BadDatabase),
            ("redis://h/-1", BadDatabase),
            ("redis://h/1/2", BadDatabase),
            ("redis://a,b", ManyHosts),
            ("redis://h?protocol=resp3", BadOption),
            ("redis://h?ca=/a", BadOption),
            ("redis://h?sentinel_password=secret", BadOption),
            ("redis+sentinel://h", NoMaster),
            ("redis+sentinel://h/?x", BadOption),
            ("redis+sentinel://h//1", NoMaster),
            ("redis+sentinel://,/m", NoHost),
            ("unix:run/s", BadSocket),
            ("unix:/s?user=u", NoPassword),
            ("redis://u:%ff@h", NotText),
            ("redis://u:a%0d%0ab@h", NotText),
        ] {
            let told = Address::read(url).expect_err(url);
            assert_eq!(told, mistake, "{url}");
            assert!(!told.to_string().contains("secret"), "{told}");
        }
    }
}
