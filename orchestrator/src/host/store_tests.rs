#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use std::os::unix::fs::{PermissionsExt, symlink};

use super::*;
use crate::failure::Code;
use crate::host::{HostConfig, HostId};

fn add(store: &HostsStore, id: &str) -> Result<(), HostsError> {
    let host = HostConfig::new(HostId::new(id), id, format!("{id}.example"));
    store.edit(|_| Ok((vec![Change::Put(host)], ())))
}

fn ids(store: &HostsStore) -> Vec<String> {
    store.read().unwrap().hosts.into_iter().map(|host| host.id.to_string()).collect()
}

fn names(dir: &Path) -> Vec<String> {
    let mut names: Vec<_> = fs::read_dir(dir)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[test]
fn a_file_that_is_not_there_has_no_hosts_and_is_made_private_by_the_first_edit() {
    let dir = tempfile::tempdir().unwrap();
    let store = HostsStore::new(dir.path().join("hosts.toml"));
    assert_eq!(store.read().unwrap(), Hosts::default());

    add(&store, "a").unwrap();

    assert_eq!(ids(&store), ["a"]);
    let mode = fs::metadata(store.path()).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    assert_eq!(names(dir.path()), ["hosts.toml", "hosts.toml.lock"]);
}

#[test]
fn many_who_edit_at_once_lose_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let store = HostsStore::new(dir.path().join("hosts.toml"));
    thread::scope(|scope| {
        for number in 0..16 {
            let store = &store;
            scope.spawn(move || add(store, &format!("h{number}")).unwrap());
        }
    });
    assert_eq!(ids(&store).len(), 16);
}

#[test]
fn a_broken_file_is_named_with_its_place_and_never_overwritten() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("hosts.toml");
    let broken = "[host.a]\nhost = \"x\"\nprot = 22\n";
    fs::write(&path, broken).unwrap();
    let store = HostsStore::new(&path);

    let error = add(&store, "b").unwrap_err();

    assert_eq!(error.code(), Code::InvalidConfig);
    assert!(
        error.to_string().starts_with(&format!("{}:3:1: unknown key", path.display())),
        "{error}"
    );
    assert_eq!(fs::read_to_string(&path).unwrap(), broken);

    fs::write(&path, b"# fine\n  \xff").unwrap();
    let error = store.read().unwrap_err();
    assert!(error.to_string().contains(":2:3: the file is not UTF-8"), "{error}");
}

#[test]
fn an_edit_that_would_make_it_invalid_changes_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let store = HostsStore::new(dir.path().join("hosts.toml"));
    add(&store, "a").unwrap();
    let before = fs::read_to_string(store.path()).unwrap();

    let mut bad = HostConfig::new(HostId::new("b"), "a", "-x");
    bad.port = Some(0);
    let error = store.edit(|_| Ok((vec![Change::Put(bad)], ()))).unwrap_err();

    let HostsError::Invalid { faults } = error else { panic!("{error}") };
    let fields: Vec<_> = faults.into_iter().map(|fault| fault.field).collect();
    assert_eq!(fields, ["host.b.host", "host.b.port", "host.b.name"]);
    assert_eq!(fs::read_to_string(store.path()).unwrap(), before);
    assert_eq!(names(dir.path()), ["hosts.toml", "hosts.toml.lock"]);
}

#[test]
fn a_symlink_stays_and_its_target_is_written() {
    let dir = tempfile::tempdir().unwrap();
    let dotfiles = dir.path().join("dotfiles");
    let config = dir.path().join("config");
    fs::create_dir(&dotfiles).unwrap();
    fs::create_dir(&config).unwrap();
    // Not there yet, and relative: the first edit makes it.
    symlink("../dotfiles/hosts.toml", config.join("hosts.toml")).unwrap();
    let store = HostsStore::new(config.join("hosts.toml"));

    add(&store, "a").unwrap();
    add(&store, "b").unwrap();

    assert!(fs::symlink_metadata(store.path()).unwrap().is_symlink());
    assert!(fs::symlink_metadata(dotfiles.join("hosts.toml")).unwrap().is_file());
    assert_eq!(ids(&store), ["a", "b"]);
}

#[test]
fn a_circle_of_symlinks_is_an_error() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("hosts.toml");
    symlink("hosts.toml", &path).unwrap();
    let error = add(&HostsStore::new(&path), "a").unwrap_err();
    assert!(error.to_string().contains("symlinks"), "{error}");
}

#[test]
fn a_refusal_of_the_asker_changes_nothing_and_frees_the_lock() {
    let dir = tempfile::tempdir().unwrap();
    let store = HostsStore::new(dir.path().join("hosts.toml"));
    let error = store.edit::<()>(|_| Err(Failure::new(Code::Conflict, "no"))).unwrap_err();
    assert_eq!(error.code(), Code::Conflict);
    assert!(!store.path().exists());
    add(&store, "a").unwrap();
}
