//! Settings: hosts, looks, behaviour, and what this is.

mod about;
mod dialog;
mod host_dialog;
mod host_fields;
mod host_form;
mod hosts;
mod import;
mod looks;
mod row;
mod test_run;

pub use about::{AboutData, EngineAt};
pub use dialog::{SettingsAct, SettingsData, SettingsPage, SettingsView};
pub use host_dialog::{ConnectForm, HostDialogAct, HostDialogView};
pub use host_form::HostForm;
pub use hosts::{HostsAct, HostsData};
pub use import::{AliasRow, summary};
pub use row::address;
pub use test_run::{TestRun, connected_words, result_line, stage_list};
