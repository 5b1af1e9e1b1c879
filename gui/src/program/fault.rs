//! Why the window's loop has ended: eframe tells an error to the log alone when its caller has made the loop (eframe 0.37).

use std::fmt::Debug;
use std::sync::{Arc, Mutex, PoisonError};

use tracing::field::{Field, Visit};
use tracing::level_filters::LevelFilter;
use tracing::{Event, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::LookupSpan;

/// How eframe begins what it says.
const ENDS: &str = "Exiting because of error: ";

/// The error that ended the loop, once there is one.
#[derive(Clone, Debug, Default)]
pub(super) struct Fault(Arc<Mutex<Option<String>>>);

impl Fault {
    /// Takes it.
    pub(super) fn take(&self) -> Option<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// Hears it, whatever is written to the log.
    pub(super) fn layer<S: Subscriber + for<'a> LookupSpan<'a>>(&self) -> impl Layer<S> + use<S> {
        Ear(self.clone()).with_filter(LevelFilter::ERROR)
    }
}

struct Ear(Fault);

impl<S: Subscriber> Layer<S> for Ear {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut words = Words::default();
        event.record(&mut words);
        if words.is_eframe
            && let Some(fault) = words.message.strip_prefix(ENDS)
        {
            *self.0.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(fault.to_owned());
        }
    }
}

/// A record of the crate `log`, as tracing hands it on.
#[derive(Default)]
struct Words {
    is_eframe: bool,
    message: String,
}

impl Visit for Words {
    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "log.target" {
            self.is_eframe = value.starts_with("eframe::");
        } else if field.name() == "message" {
            self.message = value.to_owned();
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        if field.name() == "message" {
            self.message = format!("{value:?}");
        }
    }
}
