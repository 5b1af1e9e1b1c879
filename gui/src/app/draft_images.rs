//! Images of drafts: attached, remembered, and there again after a start.

use std::sync::Arc;

use jiff::Timestamp;
use orchestrator::failure::Failure;
use orchestrator::seam::Image;

use super::App;
use super::pending::Pending;
use crate::bridge::{Ask, Picture};
use crate::kept_image::KeptImage;
use crate::memory::DraftKey;
use crate::view::composer::Attachment;

impl App {
    /// Asks for the images that drafts had when the window was closed.
    pub(super) fn restore_images(&mut self) {
        let drafts = self.memory.drafts.iter().filter(|(_, draft)| !draft.images.is_empty());
        let wanted: Vec<(DraftKey, Vec<KeptImage>)> =
            drafts.map(|(key, draft)| (key.clone(), draft.images.clone())).collect();
        for (key, images) in wanted {
            let ticket = self.waiting.ticket(Pending::Restore { key });
            if !self.ask(Ask::Restore { ticket, images }) {
                self.waiting.take(ticket);
            }
        }
    }

    /// Whether a draft's images are still being read.
    pub(super) fn is_restoring(&self, key: &DraftKey) -> bool {
        self.waiting.any(|pending| matches!(pending, Pending::Restore { key: of } if of == key))
    }

    /// A draft's images have been read, in front of what was attached meanwhile.
    pub(super) fn restored(&mut self, key: &DraftKey, images: Vec<(KeptImage, Arc<Picture>)>) {
        // It may be gone with its tab.
        if !self.memory.drafts.contains_key(key) {
            return;
        }
        let attached =
            images.into_iter().map(|(image, picture)| Attachment { image, picture, texture: None });
        self.attachments.entry(key.clone()).or_default().splice(0..0, attached);
        self.keep_images(key);
    }

    /// Images have been read for a draft.
    pub(super) fn attached(&mut self, key: &DraftKey, images: Vec<(Image, Arc<Picture>)>) {
        // Names that no earlier start has used.
        let now = Timestamp::now().as_microsecond();
        let attached = images.into_iter().map(|(Image { name, bytes }, picture)| {
            self.last_image += 1;
            let file = format!("{now}-{}", self.last_image);
            let image = KeptImage { file, name, bytes: Some(Arc::new(bytes)) };
            Attachment { image, picture, texture: None }
        });
        self.attachments.entry(key.clone()).or_default().extend(attached);
        self.keep_images(key);
    }

    /// Images that went with a message; one that came meanwhile stays for the next.
    pub(super) fn drop_attachments(&mut self, key: &DraftKey, sent: usize) {
        if let Some(attached) = self.attachments.get_mut(key) {
            attached.drain(..sent.min(attached.len()));
        }
        self.keep_images(key);
    }

    /// Remembers which images a draft has.
    pub(super) fn keep_images(&mut self, key: &DraftKey) {
        let is_restoring = self.is_restoring(key);
        let mut draft = self.memory.drafts.remove(key).unwrap_or_default();
        // Those that are still being read stand in front.
        draft.images.retain(|image| is_restoring && image.bytes.is_none());
        let attached = self.attachments.get(key).into_iter().flatten();
        draft.images.extend(attached.map(|attachment| attachment.image.clone()));
        if !draft.is_blank() {
            self.memory.drafts.insert(key.clone(), draft);
        }
        if self.attachments.get(key).is_some_and(Vec::is_empty) {
            self.attachments.remove(key);
        }
    }

    /// A draft's images, as they go with its message.
    pub(super) fn images_to_send(&self, key: &DraftKey) -> Vec<Image> {
        let attached = self.attachments.get(key).into_iter().flatten();
        let image = |attachment: &Attachment| {
            let bytes = attachment.image.bytes.as_ref()?;
            Some(Image { name: attachment.image.name.clone(), bytes: bytes.to_vec() })
        };
        attached.filter_map(image).collect()
    }

    /// Images of a draft that were read again, or why they are lost.
    pub(super) fn restored_came(
        &mut self,
        pending: Option<Pending>,
        images: Vec<(KeptImage, Arc<Picture>)>,
        failures: &[Failure],
    ) {
        if let Some(Pending::Restore { key }) = pending {
            self.restored(&key, images);
        }
        for failure in failures {
            self.complain(failure);
        }
    }
}
