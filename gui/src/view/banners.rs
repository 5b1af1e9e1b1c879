//! What is wrong with Baton rather than with a session: above everything else.

use egui::{Frame, Margin, Panel, Ui};
use orchestrator::failure::Failure;

use crate::theme::Theme;
use crate::widget::{Kind, button, failure_card};

/// What is wrong.
#[derive(Clone, Copy, Debug, Default)]
pub struct BannersData<'a> {
    /// Why there is no engine.
    pub engine: Option<&'a Failure>,
    /// Why `hosts.toml` as it is now isn't in force: with its line.
    pub hosts: Option<&'a Failure>,
}

/// What a person wants of a banner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BannersAct {
    /// Open the engine again.
    OpenEngine,
    /// Open `hosts.toml` in an editor.
    OpenFile,
    /// Show the hosts that are in force.
    ShowHosts,
}

/// Shows what is wrong, at the top of what is left of `ui`; nothing where nothing is.
pub fn banners(ui: &mut Ui, data: BannersData<'_>) -> Vec<BannersAct> {
    let mut acts = Vec::new();
    let mut banner = |name: &str, failure: &Failure, buttons: &[(&str, BannersAct)]| {
        let margin = Margin { left: 16, right: 16, top: 10, bottom: 2 };
        let frame = Frame::new().fill(Theme::get(ui.ctx()).window).inner_margin(margin);
        let panel = Panel::top(name.to_owned()).frame(frame).show_separator_line(false);
        panel.show(ui, |ui| {
            failure_card(ui, failure, |ui| {
                for (at, (words, act)) in buttons.iter().enumerate() {
                    let kind = if at == 0 { Kind::Primary } else { Kind::Plain };
                    if button(ui, kind, words).clicked() {
                        acts.push(*act);
                    }
                }
            });
        });
    };
    if let Some(failure) = data.engine {
        banner("engine banner", failure, &[("Try again", BannersAct::OpenEngine)]);
    }
    if let Some(failure) = data.hosts {
        let buttons =
            [("Open the file", BannersAct::OpenFile), ("Hosts in force…", BannersAct::ShowHosts)];
        banner("hosts banner", failure, &buttons);
    }
    acts
}

#[cfg(test)]
#[path = "banners_tests.rs"]
mod tests;
