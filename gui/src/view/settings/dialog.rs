//! The dialog of settings: pages on the left, one of them on the right.

use egui::{RichText, ScrollArea, Ui, vec2};
use lucide_icons::Icon;

use super::about::{AboutData, about};
use super::host_dialog::HostDialogView;
use super::hosts::{HostsAct, HostsData, HostsPage};
use super::looks::{appearance, behaviour};
use crate::memory::Memory;
use crate::theme::{Appearance, Theme, size, space};
use crate::widget::{FormShape, follow_focus, form, glyph};

/// How wide the list of pages is.
const PAGES: f32 = 160.0;

/// Everything that settings show.
#[derive(Clone, Copy)]
pub struct SettingsData<'a> {
    /// Looks and behaviour.
    pub memory: &'a Memory,
    /// The hosts.
    pub hosts: HostsData<'a>,
    /// What this is.
    pub about: AboutData<'a>,
}

/// What a person wants of settings. Each value of the memory comes whole, as it is to be from now on.
#[derive(Clone, Debug, PartialEq)]
pub enum SettingsAct {
    /// Of the page of hosts.
    Hosts(HostsAct),
    /// [`Memory::appearance`].
    Appearance(Appearance),
    /// [`Memory::contrast`].
    Contrast(bool),
    /// [`Memory::zoom`].
    Zoom(f32),
    /// [`Memory::enter_sends`].
    EnterSends(bool),
    /// [`Memory::notifications`].
    Notifications(bool),
    /// [`Memory::reasoning`].
    Reasoning(bool),
    /// Whether what is selected in a terminal is copied at once.
    CopyOnSelect(bool),
    /// Open the log with what the desktop has for it.
    OpenLog,
    /// Close settings.
    Close,
}

/// A page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SettingsPage {
    /// Hosts.
    #[default]
    Hosts,
    /// Dark, light, contrast, size.
    Appearance,
    /// What keys and turns do.
    Behaviour,
    /// What this is.
    About,
}

impl SettingsPage {
    const ALL: [(Self, Icon, &'static str); 4] = [
        (Self::Hosts, Icon::Server, "SSH Hosts"),
        (Self::Appearance, Icon::Palette, "Appearance"),
        (Self::Behaviour, Icon::SlidersHorizontal, "Behaviour"),
        (Self::About, Icon::Info, "About"),
    ];
}

/// Which page is open, and what is open on it.
#[derive(Debug, Default)]
pub struct SettingsView {
    page: SettingsPage,
    hosts: HostsPage,
    is_begun: bool,
}

impl SettingsView {
    /// Open at a page.
    pub fn at(page: SettingsPage) -> Self {
        Self { page, ..Self::default() }
    }

    /// Open at the hosts with a dialog over them.
    pub fn with_host(dialog: HostDialogView) -> Self {
        let mut view = Self::default();
        view.hosts.add(dialog);
        view
    }

    /// Shows it over everything else.
    pub fn ui(&mut self, ctx: &egui::Context, data: &SettingsData<'_>) -> Vec<SettingsAct> {
        let mut acts = Vec::new();
        let height = (ctx.content_rect().height() - 192.0).clamp(80.0, 560.0);
        let shape =
            FormShape { heading: "Settings", width: 860.0, height: Some(height), scroll: false };
        let shown = form(
            ctx,
            "settings",
            shape,
            self,
            |view, ui| {
                ui.horizontal_top(|ui| {
                    ui.vertical(|ui| {
                        ui.set_width(PAGES);
                        view.pages(ui);
                    });
                    ui.separator();
                    ui.vertical(|ui| {
                        ScrollArea::vertical()
                            .id_salt(view.page as u8)
                            .auto_shrink([false, false])
                            .max_height(height)
                            .show(ui, |ui| {
                                egui::Frame::new()
                                    .inner_margin(egui::Margin {
                                        left: 8,
                                        right: 12,
                                        top: 2,
                                        bottom: 4,
                                    })
                                    .show(ui, |ui| {
                                        acts.extend(view.page(ui, data));
                                        follow_focus(ui);
                                    });
                            });
                    });
                });
            },
            |_, _| (),
        );
        if shown.close {
            acts.push(SettingsAct::Close);
        }
        acts
    }

    fn pages(&mut self, ui: &mut Ui) {
        let theme = Theme::get(ui.ctx());
        ui.spacing_mut().item_spacing.y = space::XS;
        for (page, mark, words) in SettingsPage::ALL {
            let chosen = self.page == page;
            let colour = if chosen { theme.accent } else { theme.muted };
            let mark = glyph(mark, size::ICON).color(colour);
            let button =
                egui::Button::selectable(chosen, (mark, RichText::new(words).color(theme.text)))
                    .right_text("")
                    .min_size(vec2(PAGES, size::CONTROL));
            let button = ui.add(button);
            button.widget_info(|| egui::WidgetInfo::selected(egui::Role::Tab, true, chosen, words));
            if chosen && !self.is_begun {
                button.request_focus();
            }
            if button.clicked() {
                self.page = page;
            }
        }
        self.is_begun = true;
    }

    fn page(&mut self, ui: &mut Ui, data: &SettingsData<'_>) -> Vec<SettingsAct> {
        match self.page {
            SettingsPage::Hosts => {
                let acts = self.hosts.ui(ui, &data.hosts);
                acts.into_iter().map(SettingsAct::Hosts).collect()
            }
            SettingsPage::Appearance => appearance(ui, data.memory),
            SettingsPage::Behaviour => behaviour(ui, data.memory),
            SettingsPage::About => about(ui, &data.about),
        }
    }
}

#[cfg(test)]
#[path = "dialog_tests.rs"]
mod tests;
