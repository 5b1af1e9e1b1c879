//! Real agent CLIs, installed once and pointed at the mock model.

mod config;
mod install;

pub use config::{
    codex_config, gemini_environment, opencode_environment, write_codex_config,
    write_gemini_config, write_opencode_config, write_opencode_config_that_asks,
};
pub use install::{install_codex, install_gemini, install_opencode, scripted_agent};
