//! When a frame is drawn: at once for what is new, and no sooner than a screen would show it for what egui draws behind that.
//!
//! Behind each key egui draws two frames more, so that what it lays out comes to rest. A graphics card waits for its screen with each.
//! Without one (a virtual machine, VNC) they would be drawn as fast as all cores can, and the answer to the key would wait for them.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use eframe::{EframeWinitApplication, UserEvent};
use egui::{Context, ViewportId};
use winit::application::ApplicationHandler;
use winit::event::{DeviceEvent, DeviceId, StartCause, WindowEvent};
use winit::event_loop::{ActiveEventLoop, EventLoop};
use winit::window::WindowId;

/// What a frame may take where no screen says how often it shows one: 60 in a second.
const UNKNOWN_SCREEN: Duration = Duration::from_micros(16_667);

/// Asks for a frame that isn't held back; from any thread.
#[derive(Clone)]
pub(super) struct Alarm {
    /// Tells the loop.
    tell: Arc<dyn Fn(UserEvent) + Send + Sync>,
    /// Whether somebody asked, and the loop hasn't heard it.
    is_due: Arc<AtomicBool>,
}

impl Alarm {
    /// Of that loop.
    pub(super) fn of(events: &EventLoop<UserEvent>) -> Self {
        let events = Mutex::new(events.create_proxy());
        Self::telling(move |event| {
            let events = events.lock().unwrap_or_else(PoisonError::into_inner);
            events.send_event(event).ok(); // The window has ended.
        })
    }

    fn telling(tell: impl Fn(UserEvent) + Send + Sync + 'static) -> Self {
        Self { tell: Arc::new(tell), is_due: Arc::default() }
    }

    /// Has the window drawn at once.
    pub(super) fn wake(&self, ctx: &Context) {
        // egui tells nobody of it while it has asked for a frame itself, and that one may be held back.
        ctx.request_repaint();
        if self.is_due.swap(true, Ordering::AcqRel) {
            return;
        }
        (self.tell)(UserEvent::RequestRepaint {
            viewport_id: ViewportId::ROOT,
            when: Instant::now(),
            cumulative_pass_nr: ctx.cumulative_pass_nr_for(ViewportId::ROOT),
        });
    }
}

/// When frames begin.
struct Pace {
    /// The alarm's.
    is_due: Arc<AtomicBool>,
    /// How much later than a frame the next one may begin that nobody waits for.
    apart: Duration,
    /// When the last frame began.
    drawn: Option<Instant>,
}

impl Pace {
    fn of(alarm: &Alarm) -> Self {
        Self { is_due: Arc::clone(&alarm.is_due), apart: UNKNOWN_SCREEN, drawn: None }
    }

    /// Takes a request for a frame, and puts it off where nobody waits for that.
    fn paced(&self, event: UserEvent) -> UserEvent {
        match event {
            UserEvent::RequestRepaint { viewport_id, when, cumulative_pass_nr } => {
                // Whoever asked has told before what there is to show: the next frame has it, whose request this may be.
                let is_due = self.is_due.swap(false, Ordering::AcqRel);
                let when = if is_due { when } else { held_back(when, self.drawn, self.apart) };
                UserEvent::RequestRepaint { viewport_id, when, cumulative_pass_nr }
            }
            other => other,
        }
    }
}

/// eframe's program, with its frames held back.
pub(super) struct Paced<'a> {
    app: EframeWinitApplication<'a>,
    pace: Pace,
}

impl<'a> Paced<'a> {
    pub(super) fn new(app: EframeWinitApplication<'a>, alarm: &Alarm) -> Self {
        Self { app, pace: Pace::of(alarm) }
    }
}

impl ApplicationHandler<UserEvent> for Paced<'_> {
    fn resumed(&mut self, events: &ActiveEventLoop) {
        let screens = events.available_monitors();
        let fastest = screens.filter_map(|screen| screen.refresh_rate_millihertz()).max();
        self.pace.apart = fastest.map_or(UNKNOWN_SCREEN, apart);
        self.app.resumed(events);
    }

    fn user_event(&mut self, events: &ActiveEventLoop, event: UserEvent) {
        self.app.user_event(events, self.pace.paced(event));
    }

    fn window_event(&mut self, events: &ActiveEventLoop, window: WindowId, event: WindowEvent) {
        if matches!(event, WindowEvent::RedrawRequested) {
            self.pace.drawn = Some(Instant::now());
        }
        self.app.window_event(events, window, event);
    }

    fn new_events(&mut self, events: &ActiveEventLoop, cause: StartCause) {
        self.app.new_events(events, cause);
    }

    fn device_event(&mut self, events: &ActiveEventLoop, device: DeviceId, event: DeviceEvent) {
        self.app.device_event(events, device, event);
    }

    fn about_to_wait(&mut self, events: &ActiveEventLoop) {
        self.app.about_to_wait(events);
    }

    fn suspended(&mut self, events: &ActiveEventLoop) {
        self.app.suspended(events);
    }

    fn exiting(&mut self, events: &ActiveEventLoop) {
        self.app.exiting(events);
    }

    fn memory_warning(&mut self, events: &ActiveEventLoop) {
        self.app.memory_warning(events);
    }
}

/// How far apart frames begin on a screen of so many thousandths of a hertz: a quarter less than it shows them, so that none is missed by
/// a frame that begins a little late.
fn apart(millihertz: u32) -> Duration {
    match millihertz {
        0 => UNKNOWN_SCREEN,
        rate => Duration::from_secs_f64(750.0 / f64::from(rate)).min(UNKNOWN_SCREEN),
    }
}

/// When a frame begins that is wished for `when`, and that nobody waits for.
fn held_back(when: Instant, drawn: Option<Instant>, apart: Duration) -> Instant {
    drawn.map_or(when, |drawn| when.max(drawn + apart))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_that_nobody_waits_for_begins_no_sooner_than_a_screen_shows_it() {
        let drawn = Instant::now();
        let after = |millis| drawn + Duration::from_millis(millis);
        let apart = apart(60_000);
        assert_eq!(apart, Duration::from_micros(12_500));
        assert_eq!(held_back(after(2), Some(drawn), apart), drawn + apart);
        assert_eq!(held_back(after(20), Some(drawn), apart), after(20));
        assert_eq!(held_back(after(2), None, apart), after(2));
    }

    /// When a frame begins that is asked for so.
    fn begins(pace: &Pace, event: UserEvent) -> Instant {
        match pace.paced(event) {
            UserEvent::RequestRepaint { when, .. } => when,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_frame_that_a_worker_asks_for_is_not_held_back_and_the_next_one_is() {
        let (told, heard) = std::sync::mpsc::sync_channel(8);
        let alarm = Alarm::telling(move |event| told.try_send(event).unwrap());
        let ctx = Context::default();
        let mut pace = Pace::of(&alarm);
        pace.drawn = Some(Instant::now() + Duration::from_secs(1));
        let of_egui = || UserEvent::RequestRepaint {
            viewport_id: ViewportId::ROOT,
            when: Instant::now(),
            cumulative_pass_nr: 0,
        };
        for _ in 0..2 {
            let before = Instant::now();
            alarm.wake(&ctx);
            alarm.wake(&ctx);
            let asked = heard.try_recv().unwrap();
            assert!(heard.try_recv().is_err(), "the loop is told once of all that came together");
            let at_once = begins(&pace, asked);
            assert!(before <= at_once && at_once <= Instant::now());
            assert_eq!(begins(&pace, of_egui()), pace.drawn.unwrap() + pace.apart);
        }
        // egui's own request may come first: what was told is in its frame.
        alarm.wake(&ctx);
        assert!(begins(&pace, of_egui()) <= Instant::now());
    }

    #[test]
    fn a_fast_screen_gets_more_frames_and_one_that_says_nothing_sixty() {
        assert_eq!(apart(240_000), Duration::from_micros(3_125));
        for unknown in [0, 1, 24_000] {
            assert_eq!(apart(unknown), UNKNOWN_SCREEN, "{unknown}");
        }
    }
}
