//! How a host is written in a list.

use orchestrator::host::HostConfig;

use crate::widget::plain;

/// `ada@gpu.example:2222`, with what is set; the alias for a host of the ssh config.
pub fn address(host: &HostConfig) -> String {
    let destination = host.ssh_config.as_ref().unwrap_or(&host.host);
    let user = host.user.as_ref().map(|user| format!("{user}@")).unwrap_or_default();
    let is_bare_v6 = host.port.is_some() && destination.contains(':');
    let destination = if is_bare_v6 { format!("[{destination}]") } else { destination.clone() };
    let port = host.port.map(|port| format!(":{port}")).unwrap_or_default();
    plain(&format!("{user}{destination}{port}")).into_owned()
}

#[cfg(test)]
mod tests {
    use orchestrator::host::HostId;

    use super::*;

    #[test]
    fn an_address_holds_what_is_set() {
        let mut host = HostConfig::new(HostId::new("gpu"), "GPU", "gpu.example");
        assert_eq!(address(&host), "gpu.example");
        host.user = Some("ada".into());
        host.port = Some(2222);
        assert_eq!(address(&host), "ada@gpu.example:2222");
        host.host = "fe80::1".into();
        assert_eq!(address(&host), "ada@[fe80::1]:2222");
        host.ssh_config = Some("lab".into());
        assert_eq!(address(&host), "ada@lab:2222");
    }
}
