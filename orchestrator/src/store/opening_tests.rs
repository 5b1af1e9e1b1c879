#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::fs;
use std::os::unix::fs::PermissionsExt;

use rusqlite::Connection;

use super::*;
use crate::failure::Code;

#[tokio::test]
async fn what_isnt_a_database_of_ours_is_refused_and_left_alone() {
    let newer = |db: &Connection| db.pragma_update(None, "user_version", 999).unwrap();
    let foreign = |db: &Connection| db.execute_batch("CREATE TABLE theirs (x)").unwrap();
    let made = |make: &dyn Fn(&Connection)| {
        let dir = tempfile::tempdir().unwrap();
        let db = Connection::open(dir.path().join(FILE)).unwrap();
        make(&db);
        drop(db);
        dir
    };
    let garbage = tempfile::tempdir().unwrap();
    fs::write(garbage.path().join(FILE), "Dear diary, ".repeat(1000)).unwrap();
    let cut = tempfile::tempdir().unwrap();
    Store::open(cut.path()).unwrap().close().await;
    let whole = fs::read(cut.path().join(FILE)).unwrap();
    fs::write(cut.path().join(FILE), &whole[..whole.len() / 2]).unwrap();

    for (dir, code, words) in [
        (garbage, Code::Corrupt, "no database"),
        (cut, Code::Corrupt, "malformed"),
        (made(&foreign), Code::Corrupt, "another program's database"),
        (made(&newer), Code::Unsupported, "newer version of Baton (its schema is 999, ours 6)"),
    ] {
        let path = dir.path().join(FILE);
        let before = fs::read(&path).unwrap();
        let failure = Store::open(dir.path()).unwrap_err();
        assert_eq!(failure.code, code, "{failure}");
        assert!(failure.message.contains(words), "{failure}");
        assert!(failure.message.contains(path.to_str().unwrap()), "{failure}");
        assert!(failure.hint.as_ref().unwrap().contains("left as it"), "{failure:?}");
        assert_eq!(fs::read(&path).unwrap(), before, "{words}: it was touched");
    }
}

#[test]
fn a_directory_in_the_place_of_the_file_is_said() {
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir(dir.path().join(FILE)).unwrap();
    assert_eq!(Store::open(dir.path()).unwrap_err().code, Code::IsDirectory);
    let file = tempfile::NamedTempFile::new().unwrap();
    let failure = Store::open(file.path()).unwrap_err();
    assert_eq!(failure.code, Code::Conflict, "{failure}");
}

#[test]
fn nobody_else_may_read_what_is_stored() {
    let parent = tempfile::tempdir().unwrap();
    let dir = parent.path().join("new/data");
    drop(Store::open(&dir).unwrap());
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&dir), 0o700);
    fs::set_permissions(dir.join(FILE), fs::Permissions::from_mode(0o644)).unwrap();
    let store = Store::open(&dir).unwrap();
    for entry in fs::read_dir(&dir).unwrap() {
        let path = entry.unwrap().path();
        assert_eq!(mode(&path), 0o600, "{}", path.display());
    }
    drop(store);
}

#[test]
fn many_may_make_the_same_database_at_once() {
    let dir = tempfile::tempdir().unwrap();
    let epochs: Vec<String> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..8)
            .map(|_| scope.spawn(|| Store::open(dir.path()).unwrap().epoch().to_owned()))
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert!(epochs.iter().all(|epoch| *epoch == epochs[0]), "{epochs:?}");
}
