//! Whether the desktop is dark or light, asked of its portal: the windows of Linux don't say.

use std::sync::Arc;

use futures::StreamExt;
use zbus::connection::Builder;
use zbus::wire::{OwnedVariant, Variant};
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
    let mut next = match portal.call::<_, _, OwnedVariant>("ReadOne", &(NAMESPACE, KEY)).await {
        Ok(now) => is_dark(&now),
        // Portals before version 2 have only this one, which wraps its answer once more.
        Err(_) => match portal.call::<_, _, OwnedVariant>("Read", &(NAMESPACE, KEY)).await {
            Ok(now) => is_dark(&now),
            Err(error) => {
                tracing::info!("the portal doesn't say what the desktop likes: {error}");
                None
            }
        },
    };
    loop {
        if next != told && !room.teller.tell(News::DesktopIsDark(next)).await {
            return Ok(());
        }
        told = next;
        next = loop {
            let Some(change) = changes.next().await else { return Ok(()) };
            let body = change.body();
            let Ok((namespace, key, value)) = body.deserialize::<(String, String, OwnedVariant)>()
            else {
                continue;
            };
            if namespace == NAMESPACE && key == KEY {
                break is_dark(&value);
            }
        };
    }
}

/// 1 is dark and 2 is light; 0 is no preference, and so is what nobody knows.
fn is_dark(value: &Variant<'_>) -> Option<bool> {
    match value {
        Variant::U32(1) => Some(true),
        Variant::U32(2) => Some(false),
        Variant::Variant(inner) => is_dark(inner),
        // Other numbers, and types from the future.
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_portals_wrap_what_they_say_once_more() {
        assert_eq!(is_dark(&Variant::U32(1)), Some(true));
        assert_eq!(is_dark(&Variant::Variant(Box::new(Variant::U32(2)))), Some(false));
        assert_eq!(is_dark(&Variant::U32(0)), None);
        assert_eq!(is_dark(&Variant::Bool(true)), None);
    }
}
