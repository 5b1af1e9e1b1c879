//! The built-in client for a host as the person's ssh configuration describes it.

use std::sync::Arc;

use async_trait::async_trait;

use super::{Native, NativeConfig, NativeSettings, Surroundings};
use crate::ssh_config::SshQuery;
use crate::transport::openssh::{OpenSshSettings, write_config};
use crate::transport::{Link, Target, Transport, TransportError};

/// The usual port of ssh (RFC 4253, 4).
const SSH_PORT: u16 = 22;

/// Asks `ssh -G` for each connection; where there is no ssh client, what the host's entry says is all there is.
#[derive(Debug)]
pub struct ResolvingNative {
    target: Target,
    ssh: OpenSshSettings,
    around: Surroundings,
}

impl ResolvingNative {
    /// Makes the transport; nothing is asked yet.
    pub fn new(target: Target, ssh: OpenSshSettings, around: Surroundings) -> Self {
        Self { target, ssh, around }
    }

    async fn config(&self) -> Result<NativeConfig, TransportError> {
        let host = &self.target.id;
        let config = write_config(host, &self.ssh)?;
        match SshQuery::new(&self.ssh.program, Some(config)).resolve(&self.target).await {
            Ok(resolved) => NativeConfig::from_ssh_g(host, &resolved.text(), &self.around),
            Err(TransportError::NotSetUp { what, .. }) => {
                tracing::warn!(%host, what, "there is no ssh client to read the ssh configuration");
                Ok(self.config_without_ssh())
            }
            Err(error) => Err(error),
        }
    }

    fn config_without_ssh(&self) -> NativeConfig {
        let Self { target, around, .. } = self;
        let user = target.user.as_deref().unwrap_or(&around.local_user);
        let mut config =
            NativeConfig::new(&target.destination, target.port.unwrap_or(SSH_PORT), user);
        let known_hosts = around.home.join(".ssh/known_hosts");
        config.known_hosts_files = vec![known_hosts.clone()];
        config.new_keys_file = Some(known_hosts);
        config.strict_host_key_checking = super::HostKeyPolicy::AcceptNew;
        config.identity_files = match &target.identity_file {
            Some(key) => vec![key.clone()],
            None => ["id_ed25519", "id_ecdsa", "id_rsa"]
                .map(|name| around.home.join(".ssh").join(name))
                .to_vec(),
        };
        config.identity_agent = around.variable("SSH_AUTH_SOCK").map(Into::into);
        config.connect_timeout = self.ssh.patience.connect;
        config.keepalive_interval = self.ssh.patience.keepalive_interval;
        config.keepalive_count = self.ssh.patience.keepalive_count as usize;
        config
    }
}

#[async_trait]
impl Transport for ResolvingNative {
    async fn connect(&self) -> Result<Arc<dyn Link>, TransportError> {
        let config = self.config().await?;
        let settings = NativeSettings::new(self.ssh.run_dir.join("spill"));
        let native = Native::new(self.target.id.clone(), config, settings, self.ssh.asker.clone());
        native.connect().await
    }
}
