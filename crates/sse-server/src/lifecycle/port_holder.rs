//! Finds the program that holds a port, for the sentence that is shown when a start fails. It only
//! reads; it never ends a program.

use crate::error::Holder;

/// The program that listens on `port`, where the system tells this user.
///
/// Linux only: /proc/net/tcp and tcp6 give the inode of the listening socket, and the process that
/// has it open shows it among its file descriptors. Elsewhere nobody is named.
#[cfg(target_os = "linux")]
pub(crate) fn holder(port: u16) -> Option<Holder> {
    let inodes = listening_inodes(port);
    let sockets: Vec<String> = inodes
        .iter()
        .map(|inode| format!("socket:[{inode}]"))
        .collect();
    std::fs::read_dir("/proc")
        .ok()?
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok())
        .find(|pid| holds_one_of(*pid, &sockets))
        .map(|pid| Holder {
            name: std::fs::read_to_string(format!("/proc/{pid}/comm"))
                .map_or_else(|_| "a program".to_owned(), |name| name.trim().to_owned()),
            pid,
        })
}

#[cfg(target_os = "linux")]
fn listening_inodes(port: u16) -> Vec<String> {
    const LISTEN: &str = "0A";
    let local_port = format!(":{port:04X}");
    ["/proc/net/tcp", "/proc/net/tcp6"]
        .iter()
        .filter_map(|table| std::fs::read_to_string(table).ok())
        .flat_map(|table| {
            table
                .lines()
                .filter_map(|line| {
                    let fields: Vec<&str> = line.split_whitespace().collect();
                    let listens =
                        fields.get(1)?.ends_with(&local_port) && *fields.get(3)? == LISTEN;
                    listens.then(|| (*fields.get(9).unwrap_or(&"")).to_owned())
                })
                .collect::<Vec<_>>()
        })
        .filter(|inode| !inode.is_empty())
        .collect()
}

#[cfg(target_os = "linux")]
fn holds_one_of(pid: u32, sockets: &[String]) -> bool {
    let Ok(descriptors) = std::fs::read_dir(format!("/proc/{pid}/fd")) else {
        return false; // Another user's process, or one that just ended.
    };
    descriptors
        .flatten()
        .filter_map(|descriptor| std::fs::read_link(descriptor.path()).ok())
        .any(|target| {
            sockets
                .iter()
                .any(|socket| target.as_os_str() == socket.as_str())
        })
}

#[cfg(not(target_os = "linux"))]
pub(crate) fn holder(_port: u16) -> Option<Holder> {
    None
}
