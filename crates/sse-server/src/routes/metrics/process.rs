//! What the system says of this process, under the names that all programs have for it. Where the
//! system says nothing there is nothing.

/// What is known of the process.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Process {
    /// Seconds of CPU, of user and system together.
    pub(super) cpu: Option<f64>,
    /// Bytes in memory.
    pub(super) resident: Option<u64>,
    /// Bytes of address space.
    pub(super) virtual_memory: Option<u64>,
    /// When it began, in seconds since 1970.
    pub(super) started: Option<f64>,
    /// File descriptors that are open.
    pub(super) open_fds: Option<u64>,
    /// As many as may be.
    pub(super) max_fds: Option<u64>,
}

impl Process {
    /// As it is now.
    #[cfg(target_os = "linux")]
    pub(super) fn now() -> Self {
        let read = |path| std::fs::read_to_string(path).unwrap_or_default();
        let fds = std::fs::read_dir("/proc/self/fd").ok();
        Self {
            // The one that reads them is one of them.
            open_fds: fds.map(|fds| (fds.count() as u64).saturating_sub(1)),
            max_fds: rlimit::getrlimit(rlimit::Resource::NOFILE)
                .ok()
                .map(|(soft, _)| soft),
            ..Self::read(
                &read("/proc/self/stat"),
                &read("/proc/self/status"),
                &read("/proc/stat"),
            )
        }
    }

    /// As it is now.
    #[cfg(not(target_os = "linux"))]
    pub(super) fn now() -> Self {
        Self::default()
    }

    /// Reads the files of proc(5): `stat` and `status` of the process, and `stat` of the machine.
    fn read(stat: &str, status: &str, machine: &str) -> Self {
        /// Ticks a second in what the kernel tells, whatever its own are.
        const TICKS: f64 = 100.0;
        // The name of the program is in brackets, and may hold blanks and brackets itself.
        let fields: Vec<&str> = match stat.rsplit_once(") ") {
            Some((_, rest)) => rest.split_ascii_whitespace().collect(),
            None => Vec::new(),
        };
        // By the number of proc(5), of which the first two are left out.
        let field = |number: usize| fields.get(number - 3)?.parse::<f64>().ok();
        let line = |text: &str, name: &str| {
            let lines = text.lines().find_map(|line| line.strip_prefix(name));
            lines?.split_ascii_whitespace().next()?.parse::<u64>().ok()
        };
        let kibibytes = |name| line(status, name).map(|kib| kib * 1024);
        let booted = line(machine, "btime ").and_then(|at| u32::try_from(at).ok());
        Self {
            cpu: field(14)
                .zip(field(15))
                .map(|(user, own)| (user + own) / TICKS),
            resident: kibibytes("VmRSS:"),
            virtual_memory: kibibytes("VmSize:"),
            started: booted
                .zip(field(22))
                .map(|(booted, ticks)| f64::from(booted) + ticks / TICKS),
            open_fds: None,
            max_fds: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_files_of_the_system_are_read_by_their_fields() {
        let stat = "7 (a) b) S 1 7 7 0 -1 4194560 1 0 0 0 250 50 0 0 20 0 5 0 1200 9 9";
        let status = "Name:\ta\nVmSize:\t    2048 kB\nVmRSS:\t      10 kB\n";
        let machine = "cpu  1 2 3\nbtime 1700000000\n";
        assert_eq!(
            Process::read(stat, status, machine),
            Process {
                cpu: Some(3.0),
                resident: Some(10_240),
                virtual_memory: Some(2_097_152),
                started: Some(1_700_000_012.0),
                ..Process::default()
            }
        );
        assert_eq!(Process::read("", "VmRSS: x", "btime"), Process::default());
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn this_process_has_all_of_it() {
        let now = Process::now();
        assert!(now.resident.is_some_and(|bytes| bytes > 100_000), "{now:?}");
        assert!(
            now.virtual_memory >= now.resident && now.cpu.is_some(),
            "{now:?}"
        );
        assert!(
            now.open_fds > Some(2) && now.max_fds > now.open_fds,
            "{now:?}"
        );
        let year_2020 = 1_577_836_800.0;
        assert!(now.started.is_some_and(|at| at > year_2020), "{now:?}");
    }
}
