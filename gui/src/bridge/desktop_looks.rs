//! Whether the desktop is dark or light, asked of its portal: the windows of Linux don't say.

use std::sync::Arc;

use futures::StreamExt;
use zbus::connection::Builder;
use zbus::wire::OwnedVariant;
use zbus::{Connection, Proxy};

use super::News;
use super::room::Room;

const ADDRESS: &str = "DBUS_SESSION_BUS_ADDRESS";
const PORTAL: &str = "org.freedesktop.portal.Desktop";
const OBJECT: &str = "/org/freedesktop/portal/desktop";
const SETTINGS: &str = "org.freedesktop.portal.Settings";
const NAMESPACE: &str = "org.freedesktop.appearance";
const KEY: &str = "color-scheme";

/// Tells what the desktop likes, now and whenever it changes. Without a session bus or a portal nothing is told.
pub(super) async fn follow(room: Arc<Room>) {
    let mut env = room.setup.env.iter();
    let address = env.find_map(|(name, value)| (name == ADDRESS).then(|| value.to_str()));
    let Some(address) = address.flatten() else { return };
    if let Err(error) = follow_portal(&room, address).await {
        tracing::info!("the desktop doesn't say whether it is dark: {error}");
    }
}

async fn follow_portal(room: &Room, address: &str) -> zbus::Result<()> {
    let bus: Connection = Builder::address(address).build().await?;
    let portal = Proxy::new(&bus, PORTAL, OBJECT, SETTINGS).await?;
    // Listened to before it is asked, so that no change falls between.
    let mut changes = portal.receive_signal("SettingChanged").await?;
    let mut told = None;
    let now: OwnedVariant = portal.call("ReadOne", &(NAMESPACE, KEY)).await?;
    let mut next = is_dark(&now);
    loop {
        if next != told && !room.teller.tell(News::DesktopIsDark(next)).await {
            return Ok(());
        }
        told = next;
        next = loop {
            let Some(change) = changes.next().await else { return Ok(()) };
            let body = change.body();
            let (namespace, key, value): (String, String, OwnedVariant) = body.deserialize()?;
            if namespace == NAMESPACE && key == KEY {
                break is_dark(&value);
            }
        };
    }
}

/// 1 is dark and 2 is light; 0 is no preference, and so is what nobody knows.
fn is_dark(value: &OwnedVariant) -> Option<bool> {
    match u32::try_from(value) {
        Ok(1) => Some(true),
        Ok(2) => Some(false),
        Ok(_) | Err(_) => None,
    }
}
