//! A screen that is drawn anew while somebody may read above its newest lines.

use super::emulator::Screen;

impl Screen {
    /// Everything is drawn anew by what comes next. Size and palette stay.
    ///
    /// Who reads above the newest lines keeps what he reads until he comes down to them, or types. What is given is nobody's any more: to free
    /// 50,000 lines takes longer than a frame should wait.
    pub fn begin_anew(&mut self) -> Option<Box<Self>> {
        let fresh = self.fresh();
        if self.offset() > 0 {
            return self.live.replace(Box::new(fresh));
        }
        Some(Box::new(std::mem::replace(self, fresh)))
    }

    /// What nobody reads any more, for whoever has the time to free it.
    pub fn take_read(&mut self) -> Option<Box<Self>> {
        self.read.take()
    }

    /// Shows what is there now to who has come down to it.
    pub(super) fn come_down(&mut self) {
        if self.offset() > 0 {
            return;
        }
        if let Some(mut live) = self.live.take() {
            std::mem::swap(self, &mut live);
            self.is_changed = true;
            self.read = Some(live);
        }
    }
}
