//! What the numbers were measured on.

use std::fmt;
use std::fs;
use std::process::Command;

use crate::Outcome;

/// The machine, as far as it matters to the numbers.
#[derive(Debug)]
pub struct Machine {
    cpu: String,
    cores: usize,
    kernel: String,
    ssh: String,
    load: String,
}

impl Machine {
    /// Reads it from `/proc`, and asks ssh for its version.
    pub fn read() -> Outcome<Self> {
        let cpus = fs::read_to_string("/proc/cpuinfo")?;
        let cpu = cpus
            .lines()
            .find_map(|line| line.strip_prefix("model name")?.split_once(": "))
            .map_or("an unknown processor", |(_, name)| name);
        let release = fs::read_to_string("/proc/sys/kernel/osrelease")?;
        let version = Command::new("ssh").arg("-V").output()?;
        let load = fs::read_to_string("/proc/loadavg")?;
        Ok(Self {
            cpu: cpu.to_owned(),
            cores: std::thread::available_parallelism()?.get(),
            kernel: release.trim().to_owned(),
            ssh: String::from_utf8_lossy(&version.stderr).trim().to_owned(),
            load: load.split(' ').next().unwrap_or_default().to_owned(),
        })
    }
}

impl fmt::Display for Machine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { cpu, cores, kernel, ssh, load } = self;
        writeln!(
            f,
            "Machine: {cpu}, {cores} cores, client and server on it; Linux {kernel}; {ssh}"
        )?;
        write!(f, "Load average at the start: {load}")
    }
}

/// Resident memory of this process now, in KiB.
pub fn resident_kib() -> Outcome<u64> {
    resident_kib_of("self")
}

/// Resident memory of a process now, in KiB; `pid` may be `self`.
pub fn resident_kib_of(pid: &str) -> Outcome<u64> {
    status_kib(pid, "VmRSS:")
}

/// The most resident memory that a process had, in KiB; `pid` may be `self`.
pub fn peak_kib(pid: &str) -> Outcome<u64> {
    status_kib(pid, "VmHWM:")
}

/// Processor time that this process has used, in seconds.
pub fn cpu_seconds() -> Outcome<f64> {
    cpu_seconds_of("self")
}

/// Processor time that a process has used, in seconds; `pid` may be `self`.
pub fn cpu_seconds_of(pid: &str) -> Outcome<f64> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat"))?;
    // utime and stime are fields 14 and 15 (proc_pid_stat(5)); the name before them is in brackets.
    let fields: Vec<&str> =
        stat.rsplit(") ").next().unwrap_or_default().split_whitespace().collect();
    let ticks = |at: usize| fields.get(at).and_then(|field| field.parse::<f64>().ok());
    let (Some(user), Some(system)) = (ticks(11), ticks(12)) else {
        return Err(format!("/proc/{pid}/stat can't be read").into());
    };
    Ok((user + system) / rustix::param::clock_ticks_per_second() as f64)
}

/// Makes the peak of this process begin anew (proc_pid_clear_refs(5), 5).
pub fn forget_peak() -> Outcome<()> {
    Ok(fs::write("/proc/self/clear_refs", "5")?)
}

fn status_kib(pid: &str, field: &str) -> Outcome<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
    let found = status.lines().find_map(|line| line.strip_prefix(field));
    let number = found.and_then(|rest| rest.split_whitespace().next());
    Ok(number.ok_or_else(|| format!("/proc/{pid}/status has no {field}"))?.parse()?)
}

/// Ids of the processes called `name` that have `word` somewhere on their command line.
pub fn processes(name: &str, word: &str) -> Outcome<Vec<i32>> {
    let mut found = Vec::new();
    for entry in fs::read_dir("/proc")? {
        let Some(pid) = entry?.file_name().to_str().and_then(|name| name.parse::<i32>().ok())
        else {
            continue;
        };
        // A process may end while we look.
        let comm = fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default();
        let line = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        if comm.trim() == name && String::from_utf8_lossy(&line).contains(word) {
            found.push(pid);
        }
    }
    Ok(found)
}
