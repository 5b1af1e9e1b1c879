#![allow(clippy::unwrap_used, clippy::panic)]

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use orchestrator::agent::Protocol;
use orchestrator::seam::{SessionId, Totals};
use proptest::prelude::*;

use super::*;

pub(crate) fn session() -> Session {
    Session {
        id: SessionId::new("s"),
        name: "work codex".into(),
        group: Some("team".into()),
        agent: "codex".into(),
        host: "gpu".into(),
        cwd: Some("~/work".into()),
        env_names: BTreeSet::from(["TOKEN".into()]),
        model: None,
        arguments: vec!["--flag".into(), "two\nlines".into()],
        read_only: false,
        talks: true,
        sync_history: true,
        synopsis: false,
        parent: None,
        created_at: Timestamp::UNIX_EPOCH,
        tabs: Vec::new(),
        totals: Totals::default(),
    }
}

fn hosts() -> Hosts {
    let gpu = HostConfig::new(HostId::new("gpu"), "GPU box", "gpu.example");
    let off = HostConfig { enabled: false, ..HostConfig::new(HostId::new("off"), "Off", "off") };
    Hosts { hosts: vec![gpu, off], default: Some(HostId::new("gpu")) }
}

fn agent(batch: bool, talks: bool) -> KnownAgent {
    KnownAgent {
        id: "codex".into(),
        name: "Codex".into(),
        program: "codex".into(),
        install: None,
        login_hint: String::new(),
        batch,
        talks: talks.then_some(Protocol::Acp),
        read_only: true,
        images: true,
        there: None,
    }
}

fn fields(form: &SessionForm, session: Option<&Session>) -> Vec<&'static str> {
    let taken = |name: &str| name == "taken" || name == "work codex";
    form.wrong(&hosts(), session, &taken).into_iter().map(|wrong| wrong.field).collect()
}

#[test]
fn a_session_runs_here_unless_somebody_says_otherwise() {
    let form = SessionForm { agent: Some("codex".into()), ..SessionForm::default() };
    let new = form.session(None).unwrap();
    assert_eq!(
        (new.host.as_str(), new.cwd, new.name, new.sync_history),
        ("local", None, None, false)
    );
    assert!(SessionForm::default().session(None).is_none());
}

#[test]
fn what_nobody_touched_is_not_changed() {
    let session = session();
    let form = SessionForm::of(&session);
    assert_eq!(form.change(&session), SessionChange::default());
    assert!(fields(&form, Some(&session)).is_empty());
}

#[test]
fn a_change_holds_what_differs_and_clears_what_was_emptied() {
    let session = session();
    let mut form = SessionForm::of(&session);
    form.host = LOCAL.into();
    form.group = String::new();
    form.cwd = "/srv".into();
    form.read_only = true;
    let wanted = SessionChange {
        host: Some(LOCAL.into()),
        group: Some(None),
        cwd: Some(Some("/srv".into())),
        read_only: Some(true),
        ..SessionChange::default()
    };
    assert_eq!(form.change(&session), wanted);
    form.arguments = "--a\n\n--b c\n".into();
    assert_eq!(form.change(&session).arguments, Some(vec!["--a".into(), "--b c".into()]));
    assert_eq!(form.change(&session).env, BTreeMap::new());
}

#[test]
fn a_host_that_is_gone_or_disabled_is_never_replaced_by_another() {
    let mut form = SessionForm { host: "off".into(), ..SessionForm::default() };
    assert_eq!(fields(&form, None), ["host"]);
    form.host = "gone".into();
    assert_eq!(fields(&form, None), ["host"]);
    form.host = "gpu".into();
    assert!(fields(&form, None).is_empty());
    // A session that goes by an address was made without a saved host.
    let session = Session { host: "ada@10.0.0.7".into(), ..session() };
    assert!(fields(&SessionForm::of(&session), Some(&session)).is_empty());
}

#[test]
fn names_and_directories_are_checked() {
    let mut form = SessionForm { name: "taken".into(), ..SessionForm::default() };
    assert_eq!(fields(&form, None), ["name"]);
    form.name = "x".repeat(101);
    assert_eq!(fields(&form, None), ["name"]);
    form.name = "free".into();
    for cwd in ["", "~", "~/a", "/srv"] {
        form.cwd = cwd.into();
        assert!(fields(&form, None).is_empty(), "{cwd}");
    }
    form.cwd = "work".into();
    assert_eq!(fields(&form, None), ["cwd"]);
    let session = session();
    let blank = SessionForm { name: " ".into(), ..SessionForm::of(&session) };
    assert_eq!(fields(&blank, Some(&session)), ["name"]);
}

#[test]
fn an_agent_talks_where_it_can_and_where_it_has_to() {
    assert!(talks(&agent(true, true), true));
    assert!(!talks(&agent(true, true), false));
    assert!(talks(&agent(false, true), false));
    assert!(!talks(&agent(true, false), true));
}

#[test]
fn the_name_is_the_one_that_the_engine_makes() {
    let taken = |name: &str| name == "work Codex" || name == "work Codex 2";
    let free = |cwd: &str, host: &str| free_name(cwd, host, "Codex", &taken);
    assert_eq!(free("~/code/maestro/", "gpu"), "maestro Codex");
    assert_eq!(free("", "gpu"), "gpu Codex");
    assert_eq!(free("~", "gpu"), "gpu Codex");
    assert_eq!(free("/srv/work", "gpu"), "work Codex 3");
}

proptest! {
    #[test]
    fn whatever_is_typed_can_be_checked(cwd in any::<String>(), name in any::<String>(), host in any::<String>()) {
        let form = SessionForm { cwd, name, host, ..SessionForm::default() };
        fields(&form, None);
        free_name(&form.cwd, &form.host, "Codex", &|_| false);
    }
}
