//! A session bus of its own, and on it a desktop's portal that says whether it is dark.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};

use zbus::Connection;
use zbus::connection::Builder;
use zbus::fdo::Error;
use zbus::wire::OwnedVariant;

const OBJECT: &str = "/org/freedesktop/portal/desktop";
const SETTINGS: &str = "org.freedesktop.portal.Settings";
const LIKES: (&str, &str) = ("org.freedesktop.appearance", "color-scheme");

/// A desktop that likes a colour; gone on drop.
pub struct Portal {
    bus: Child,
    pub address: String,
    scheme: Arc<Mutex<u32>>,
    runtime: tokio::runtime::Runtime,
    connection: Connection,
}

struct Settings(Arc<Mutex<u32>>);

#[zbus::interface(name = "org.freedesktop.portal.Settings")]
impl Settings {
    fn read_one(&self, namespace: &str, key: &str) -> Result<OwnedVariant, Error> {
        match (namespace, key) == LIKES {
            true => Ok(OwnedVariant::from(*self.0.lock().unwrap())),
            false => Err(Error::Failed("nobody set that".into())),
        }
    }
}

impl Portal {
    /// One that likes this: 1 is dark, 2 is light, 0 is either.
    pub fn start(scheme: u32) -> Self {
        let mut bus = Command::new("dbus-daemon")
            .args(["--session", "--nofork", "--nopidfile", "--print-address"])
            .stdout(Stdio::piped())
            .spawn()
            .expect("dbus-daemon is missing: `apt-get install dbus-daemon`");
        let mut address = String::new();
        BufReader::new(bus.stdout.as_mut().unwrap()).read_line(&mut address).unwrap();
        let address = address.trim().to_owned();
        let scheme = Arc::new(Mutex::new(scheme));
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let connection = runtime.block_on(async {
            Builder::address(address.as_str())
                .name("org.freedesktop.portal.Desktop")
                .serve_at(OBJECT, Settings(Arc::clone(&scheme)))
                .build()
                .await
                .unwrap()
        });
        Self { bus, address, scheme, runtime, connection }
    }

    /// Likes something else from now on.
    pub fn like(&self, scheme: u32) {
        *self.scheme.lock().unwrap() = scheme;
        let change = (LIKES.0, LIKES.1, OwnedVariant::from(scheme));
        let none: Option<&str> = None;
        let told = self.connection.emit_signal(none, OBJECT, SETTINGS, "SettingChanged", &change);
        self.runtime.block_on(told).unwrap();
    }
}

impl Drop for Portal {
    fn drop(&mut self) {
        self.bus.kill().unwrap();
        self.bus.wait().unwrap();
    }
}
