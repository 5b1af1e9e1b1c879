//! How each agent CLI is pointed at the mock model: files in its home, and variables.

use std::{fs, path::Path};

use serde_json::json;

/// The text of a `~/.codex/config.toml` for the mock model at `port` of 127.0.0.1.
///
/// It needs no key and asks nobody: commands run without a sandbox and without approval. Without the two settings
/// about updates and analytics, a turn takes 5.4 s instead of 0.4 s where packets to the outside vanish (measured).
#[must_use]
pub fn codex_config(port: u16) -> String {
    format!(
        r#"model = "mock-1"
model_provider = "mock"
approval_policy = "never"
sandbox_mode = "danger-full-access"
check_for_update_on_startup = false
model_reasoning_summary = "auto"

[analytics]
enabled = false

[model_providers.mock]
name = "mock"
base_url = "http://127.0.0.1:{port}/v1"
wire_api = "responses"
request_max_retries = 1
stream_max_retries = 1
"#
    )
}

/// Writes [`codex_config`] below a throw-away home.
///
/// # Panics
///
/// When the home can't be written; the other writers of this file, too.
pub fn write_codex_config(home: &Path, port: u16) {
    write(home, ".codex/config.toml", &codex_config(port));
}

/// The text of a `~/.config/opencode/opencode.json` for the mock model at `port`. opencode wants
/// [`opencode_environment`], too.
fn opencode(port: u16, permission: &str) -> String {
    json!({
        "$schema": "https://opencode.ai/config.json",
        "autoupdate": false,
        "share": "disabled",
        "model": "mock/mock-1",
        "small_model": "mock/mock-1",
        "permission": { "edit": permission, "bash": permission, "webfetch": "deny" },
        "provider": { "mock": {
            "npm": "@ai-sdk/openai-compatible",
            "name": "mock",
            "options": { "baseURL": format!("http://127.0.0.1:{port}/v1"), "apiKey": "dummy" },
            "models": { "mock-1": { "name": "mock-1",
                                    "limit": { "context": 100_000, "output": 8_000 } } },
        } },
    })
    .to_string()
}

/// Writes opencode's settings for the mock model at `port` below a throw-away home: it runs and writes without asking.
pub fn write_opencode_config(home: &Path, port: u16) {
    write(home, ".config/opencode/opencode.json", &opencode(port, "allow"));
}

/// The same, but opencode asks before it runs a command or writes a file (`opencode acp`).
pub fn write_opencode_config_that_asks(home: &Path, port: u16) {
    write(home, ".config/opencode/opencode.json", &opencode(port, "ask"));
}

/// The variables that keep opencode from looking for updates, models and plugins outside.
#[must_use]
pub fn opencode_environment() -> Vec<(&'static str, String)> {
    [
        "OPENCODE_DISABLE_AUTOUPDATE",
        "OPENCODE_DISABLE_MODELS_FETCH",
        "OPENCODE_DISABLE_LSP_DOWNLOAD",
    ]
    .map(|name| (name, "1".to_owned()))
    .into()
}

/// Writes gemini's settings below a throw-away home: a key logs in, and nothing is sent anywhere but to the model.
///
/// gemini wants [`gemini_environment`], too, which says where the model is.
pub fn write_gemini_config(home: &Path) {
    let settings = json!({
        "general": { "enableAutoUpdate": false, "enableAutoUpdateNotification": false },
        "privacy": { "usageStatisticsEnabled": false },
        "security": { "auth": { "selectedType": "gemini-api-key" } },
        "telemetry": { "enabled": false },
    });
    write(home, ".gemini/settings.json", &settings.to_string());
}

/// The variables that lead gemini to the mock model at `port`. The key is none: the mock takes any.
#[must_use]
pub fn gemini_environment(port: u16) -> Vec<(&'static str, String)> {
    vec![
        ("GEMINI_API_KEY", "dummy".to_owned()),
        ("GOOGLE_GEMINI_BASE_URL", format!("http://127.0.0.1:{port}")),
        // Otherwise it starts itself a second time to set node's memory: 1 s more.
        ("GEMINI_CLI_NO_RELAUNCH", "1".to_owned()),
    ]
}

fn write(home: &Path, path: &str, text: &str) {
    let path = home.join(path);
    let folder = path.parent().expect("a file in a folder");
    fs::create_dir_all(folder).expect("the home can be written");
    fs::write(path, text).expect("the home can be written");
}
