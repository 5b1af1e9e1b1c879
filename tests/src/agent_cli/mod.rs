//! Real agent CLIs, installed once and pointed at the mock model.

mod config;
mod install;

pub use config::{
    codex_config, gemini_environment, gemini_settings, opencode_config, opencode_config_that_asks,
    opencode_environment, write_codex_config, write_gemini_config, write_opencode_config,
};
pub use install::{install_codex, install_gemini, install_opencode, scripted_agent};
