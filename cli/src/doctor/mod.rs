//! `baton doctor`: what is installed, configured and reachable.

mod agent;
mod config;
mod directories;
mod finding;
mod hosts;
mod tools;

use anstyle::{AnsiColor, Style};
use clap::Args;
use serde_json::json;

use crate::app::App;
use crate::exit;
use crate::output::{Output, Stop};
use finding::{Area, Finding, Level};

const STRONG: Style = Style::new().bold();
const GOOD: Style = AnsiColor::Green.on_default();
const DOUBTFUL: Style = AnsiColor::Yellow.on_default();
const BAD: Style = AnsiColor::Red.on_default().bold();

/// The exit status when there is a problem.
const PROBLEM: u8 = 1;

/// How far to look.
#[derive(Debug, Args)]
pub struct DoctorArgs {
    /// Leave the saved hosts alone; without it each enabled one is tested, without asking anybody anything
    #[arg(long)]
    offline: bool,
}

/// Looks at everything, and says what it found.
///
/// # Errors
///
/// Only when it can't be said: whatever is wrong is a finding.
pub async fn run(app: &App, args: &DoctorArgs) -> Result<u8, Stop> {
    let mut report = Report { output: app.output.clone(), findings: Vec::new() };
    report.add(vec![tools::ssh(app).await])?;
    report.add(config::ssh_config(app).await)?;
    report.add(vec![agent::ssh_agent()])?;
    report.add(directories::all(app))?;
    report.add(config::ours(app))?;
    report.add(vec![tools::git().await])?;
    report.add(vec![tools::open_files()])?;
    if !args.offline {
        report.add(hosts::all(app).await)?;
    }
    report.end()
}

/// Shows the findings group by group, or keeps them for the one document.
struct Report {
    output: Output,
    findings: Vec<Finding>,
}

impl Report {
    fn add(&mut self, group: Vec<Finding>) -> Result<(), Stop> {
        if !self.output.is_json() {
            if let Some(first) = group.first() {
                self.output.line(format_args!("{STRONG}{}{STRONG:#}", first.area.heading()))?;
            }
            for finding in &group {
                self.show(finding)?;
            }
        }
        self.findings.extend(group);
        Ok(())
    }

    fn show(&self, finding: &Finding) -> Result<(), Stop> {
        let style = match finding.level {
            Level::Ok => GOOD,
            Level::Warning => DOUBTFUL,
            Level::Problem => BAD,
        };
        let word = finding.level.word();
        self.output.line(format_args!("  {style}{word:<8}{style:#} {}", finding.message))?;
        match &finding.hint {
            Some(hint) => self.output.line(format_args!("           hint: {hint}")),
            None => Ok(()),
        }
    }

    fn end(self) -> Result<u8, Stop> {
        let count = |level| self.findings.iter().filter(|one| one.level == level).count();
        let (problems, warnings) = (count(Level::Problem), count(Level::Warning));
        let findings = &self.findings;
        self.output.answer(&json!({ "findings": findings }), verdict(problems, warnings))?;
        Ok(if problems > 0 { PROBLEM } else { exit::DONE })
    }
}

fn verdict(problems: usize, warnings: usize) -> String {
    let counted = |count: usize, what: &str| match count {
        0 => format!("no {what}s"),
        1 => format!("1 {what}"),
        _ => format!("{count} {what}s"),
    };
    format!("{}, {}", counted(problems, "problem"), counted(warnings, "warning"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_verdict_counts_what_was_found() {
        assert_eq!(verdict(0, 0), "no problems, no warnings");
        assert_eq!(verdict(1, 2), "1 problem, 2 warnings");
    }
}
