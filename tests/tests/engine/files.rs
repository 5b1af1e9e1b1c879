//! What front ends may rely on of files: the same behind every way to a host.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{Seek, SeekFrom, Write as _};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown, symlink};
use std::process::Command as Program;
use std::time::{Duration, Instant};

use orchestrator::failure::{Code, Failure};
use orchestrator::seam::{Expected, FileBeginning, FileKind, FilePath, FileQuery, FileReply};

use crate::files_bed::{FileBed, WAYS};

/// What a name may be: all but a slash and a NUL.
pub const NAMES: [&[u8]; 10] = [
    b"plain",
    b"-rf",
    b"new\nline\n",
    b"it's \"quoted\" $HOME `x` \\",
    b" trailing ",
    b"not\xffutf8\x80",
    b"*?[a]",
    b"~",
    "größe 日本".as_bytes(),
    b"\x1b[31m\x7f\x01",
];

/// Runs a test behind every way at once.
macro_rules! behind_every_way {
    ($($name:ident)*) => {$(
        #[tokio::test(flavor = "multi_thread")]
        async fn $name() {
            let all = WAYS.map(|way| {
                tokio::spawn(async move {
                    let bed = FileBed::by(way).await;
                    checks::$name(&bed).await;
                    bed.stop().await;
                })
            });
            for one in all {
                one.await.unwrap();
            }
        }
    )*};
}

behind_every_way! {
    a_directory_is_told_with_its_links_and_what_git_ignores
    odd_names_are_read_written_moved_and_deleted
    windows_are_all_that_moves_of_a_large_file
    many_files_are_read_at_once
    a_file_is_written_at_once_and_keeps_what_it_was
    a_file_that_changed_meanwhile_is_not_overwritten
    what_lies_outside_is_changed_only_when_that_was_said
    directories_are_made_files_moved_and_deleted
    what_is_wrong_is_said_plainly
    files_are_found_by_some_of_their_letters
    a_file_that_was_made_just_now_is_found
}

pub mod checks {
    use super::*;

    pub async fn a_directory_is_told_with_its_links_and_what_git_ignores(bed: &FileBed) {
        let root = &bed.root;
        fs::create_dir(root.join("src")).unwrap();
        fs::write(root.join("a.rs"), "12345").unwrap();
        fs::set_permissions(root.join("a.rs"), fs::Permissions::from_mode(0o640)).unwrap();
        fs::write(root.join("b.log"), "").unwrap();
        symlink("a.rs", root.join("to file")).unwrap();
        symlink("src", root.join("to directory")).unwrap();
        symlink("nowhere", root.join("broken")).unwrap();
        symlink("..", root.join("up")).unwrap();
        symlink("circle", root.join("circle")).unwrap();
        let listing = bed.list("").await.unwrap();
        let real = fs::canonicalize(root).unwrap();
        assert_eq!(listing.directory.bytes(), real.as_os_str().as_bytes());
        assert!(!listing.more && !listing.outside);
        let one = |name: &str| {
            let found = listing.entries.iter().find(|entry| entry.path.text() == Some(name));
            found.unwrap_or_else(|| panic!("{name}: {listing:?}"))
        };
        let told: Vec<_> = listing.entries.iter().map(|entry| entry.path.text().unwrap()).collect();
        let all = ["a.rs", "b.log", "broken", "circle", "src", "to directory", "to file", "up"];
        assert_eq!(told, all);
        assert_eq!(
            (one("a.rs").kind, one("a.rs").size, one("a.rs").mode),
            (FileKind::File, 5, 0o640)
        );
        assert!(one("a.rs").modified.is_some() && one("a.rs").link.is_none());
        assert_eq!(one("src").kind, FileKind::Directory);
        let link = |name: &str| {
            let entry = one(name);
            (entry.kind, entry.link.as_ref().and_then(FilePath::text), entry.outside)
        };
        assert_eq!(link("to file"), (FileKind::File, Some("a.rs"), false));
        assert_eq!(link("to directory"), (FileKind::Directory, Some("src"), false));
        assert_eq!(link("broken"), (FileKind::Broken, Some("nowhere"), false));
        assert_eq!((link("circle").0, link("circle").1), (FileKind::Broken, Some("circle")));
        assert_eq!(link("up"), (FileKind::Directory, Some(".."), true));
        assert!(listing.entries.iter().all(|entry| !entry.ignored));

        // Nothing has changed; and then something has.
        let again = |seen: &str| FileQuery::List {
            at: bed.at(),
            path: FilePath::default(),
            seen: Some(seen.to_owned()),
            limit: 200_000,
        };
        assert_eq!(bed.ask(again(&listing.version)).await.unwrap(), FileReply::Unchanged);
        fs::write(root.join(".gitignore"), "*.log\n/src/\n").unwrap();
        let git = Program::new("git").args(["init", "-q"]).arg(root).status().unwrap();
        assert!(git.success());
        // A listing waits for git for 2 s, which a busy machine may take to start it.
        let begun = Instant::now();
        loop {
            let now = bed.ask(again(&listing.version)).await;
            let Ok(FileReply::Listing(now)) = now else { panic!("{now:?}") };
            let ignored = now.entries.iter().filter(|entry| entry.ignored);
            if ignored.map(|entry| entry.path.text().unwrap()).eq(["b.log", "src"]) {
                break;
            }
            assert!(begun.elapsed() < Duration::from_secs(60), "{now:?}");
        }
        // A link to a directory is gone through, and outside is said.
        assert!(bed.list("up").await.unwrap().outside);
        assert_eq!(bed.list("src").await.unwrap().entries, []);
        let few = FileQuery::List { at: bed.at(), path: "".into(), seen: None, limit: 2 };
        let Ok(FileReply::Listing(few)) = bed.ask(few).await else { panic!() };
        assert_eq!((few.entries.len(), few.more), (2, true));
    }

    pub async fn odd_names_are_read_written_moved_and_deleted(bed: &FileBed) {
        let owner = fs::metadata(&bed.root).unwrap();
        for name in NAMES {
            let path = bed.root.join(OsStr::from_bytes(name));
            fs::write(&path, name).unwrap();
            chown(&path, Some(owner.uid()), Some(owner.gid())).unwrap();
        }
        let listing = bed.list("").await.unwrap();
        let mut wanted: Vec<_> = NAMES.iter().map(|name| name.to_vec()).collect();
        wanted.sort();
        let told: Vec<_> = listing.entries.iter().map(|entry| entry.path.0.clone()).collect();
        assert_eq!(told, wanted);
        for entry in &listing.entries {
            let path = listing.directory.join(entry.path.bytes());
            let shown = bed.stat(path.clone()).await.unwrap();
            assert_eq!((shown.path.clone(), shown.size), (path.clone(), entry.size));
            let window = bed.read(path.clone()).await.unwrap();
            assert_eq!(window.bytes, entry.path.bytes(), "{path}");
            let text = [b"new ", entry.path.bytes()].concat();
            let expected = Expected::Version(window.file.version);
            let written = bed.write(path.clone(), &text, expected).await.unwrap();
            let place = bed.root.join(OsStr::from_bytes(entry.path.bytes()));
            assert_eq!(fs::read(&place).unwrap(), text);
            let other = listing.directory.join(&[b"moved ", entry.path.bytes()].concat());
            let moved = bed.rename(path.clone(), other.clone(), false).await.unwrap();
            assert_eq!((moved.path, moved.size), (other.clone(), written.size));
            assert!(!place.exists());
            bed.delete(std::slice::from_ref(&other), false).await.unwrap();
            assert_eq!(bed.stat(other).await.unwrap_err().code, Code::NotFound);
        }
        assert_eq!(bed.names(), [""; 0]);
        // A tilde that may be both is neither.
        fs::create_dir(bed.root.join("~")).unwrap();
        fs::write(bed.root.join("~/x"), "").unwrap();
        for path in ["~", "~/x"] {
            chown(bed.root.join(path), Some(owner.uid()), Some(owner.gid())).unwrap();
        }
        for path in ["~", "~/x"] {
            let refused = bed.delete(&[path.into()], true).await.unwrap_err();
            assert_eq!(refused.code, Code::Usage, "{path}: {refused:?}");
        }
        bed.delete(&["./~".into()], true).await.unwrap();
        assert_eq!(bed.names(), [""; 0]);
    }

    pub async fn windows_are_all_that_moves_of_a_large_file(bed: &FileBed) {
        let path = bed.root.join("large");
        let mut large = File::create(&path).unwrap();
        large.set_len(10 << 30).unwrap();
        large.seek(SeekFrom::Start((5 << 30) + 7)).unwrap();
        large.write_all(b"in the \0middle\n").unwrap();
        let window = bed.read_at("large", (5 << 30) + 5, 20).await.unwrap();
        assert_eq!(window.bytes, b"\0\0in the \0middle\n\0\0\0");
        assert_eq!((window.offset, window.end, window.file.size), ((5 << 30) + 5, false, 10 << 30));
        let last = bed.read_at("large", (10 << 30) - 3, 20).await.unwrap();
        assert_eq!((last.bytes, last.end), (vec![0; 3], true));
        let beyond = bed.read_at("large", 11 << 30, 20).await.unwrap();
        assert_eq!((beyond.bytes, beyond.end), (vec![], true));
        let channel = bed.read_at("large", 5 << 30, 1 << 20).await.unwrap();
        assert_eq!((channel.bytes.len(), &channel.bytes[7..13]), (1 << 20, &b"in the"[..]));
        // What isn't changed isn't sent.
        let seen = FileQuery::Read {
            at: bed.at(),
            path: "large".into(),
            offset: 0,
            length: 10,
            seen: Some(channel.file.version),
        };
        assert_eq!(bed.ask(seen.clone()).await.unwrap(), FileReply::Unchanged);
        large.write_all(b"more").unwrap();
        assert!(matches!(bed.ask(seen).await.unwrap(), FileReply::Window(_)));
        // The system's own files have no size.
        let version = bed.read("/proc/version").await.unwrap();
        assert_eq!(version.bytes, fs::read("/proc/version").unwrap());
        assert!(version.end && version.file.outside);
        let part = bed.read_at("/proc/version", 3, 4).await.unwrap();
        assert_eq!((&part.bytes[..], part.end), (&b"ux v"[..], false));
        fs::write(bed.root.join("empty"), "").unwrap();
        let empty = bed.read("empty").await.unwrap();
        assert_eq!((empty.bytes, empty.end, empty.file.size), (vec![], true, 0));
    }

    pub async fn many_files_are_read_at_once(bed: &FileBed) {
        let root = &bed.root;
        let mut paths: Vec<FilePath> = Vec::new();
        for name in NAMES {
            fs::write(root.join(OsStr::from_bytes(name)), [b"in ", name].concat()).unwrap();
            let path = FilePath(name.to_vec());
            paths.push(if name == b"~" { FilePath::from("./~") } else { path });
        }
        fs::write(root.join("empty"), "").unwrap();
        fs::create_dir(root.join("folder")).unwrap();
        symlink("plain", root.join("to plain")).unwrap();
        symlink("nowhere", root.join("broken")).unwrap();
        // The system makes it up as it is read: it has no size.
        let others = ["empty", "to plain", "/proc/version", "gone", "folder", "broken", "plain"];
        paths.extend(others.map(FilePath::from));
        let all = bed.read_many(&paths, 1_000).await.unwrap();
        assert_eq!(all.len(), paths.len());
        tell_beginnings(&all);

        let plain = [FilePath::from("plain")];
        let beginning = bed.read_many(&plain, 4).await.unwrap().remove(0).unwrap();
        assert_eq!((&beginning.bytes[..], beginning.end), (&b"in p"[..], false));
        assert_eq!(bed.read_many(&[], 4).await.unwrap(), []);
        let many = vec![FilePath::from("plain"); 1_000];
        // Each gets its share of what a request may carry.
        let shares = bed.read_many(&many, u32::MAX).await.unwrap();
        assert!(shares.len() == 1_000 && shares.iter().all(|one| one.as_ref().unwrap().end));
        let too_many = vec![FilePath::from("plain"); 1_001];
        assert_eq!(bed.read_many(&too_many, 4).await.unwrap_err().code, Code::TooLarge);
    }

    fn tell_beginnings(all: &[Result<FileBeginning, Failure>]) {
        for (name, one) in NAMES.iter().zip(all) {
            let one = one.as_ref().unwrap();
            assert_eq!((&one.bytes, one.end), (&[b"in ", *name].concat(), true));
        }
        let bytes = |number: usize| all[NAMES.len() + number].as_ref().map(|one| &one.bytes[..]);
        assert_eq!((bytes(0).unwrap(), bytes(1).unwrap()), (&b""[..], &b"in plain"[..]));
        assert_eq!(bytes(2).unwrap(), fs::read("/proc/version").unwrap());
        assert_eq!(bytes(6).unwrap(), b"in plain");
        let codes = [3, 4, 5].map(|number| bytes(number).unwrap_err().code);
        assert_eq!(codes, [Code::NotFound, Code::IsDirectory, Code::NotFound]);
    }

    pub async fn a_file_is_written_at_once_and_keeps_what_it_was(bed: &FileBed) {
        let place = bed.root.join("a");
        bed.write("a", b"one\n", Expected::Absent).await.unwrap();
        assert_eq!(fs::read(&place).unwrap(), b"one\n");
        // As any program there would make it.
        assert_eq!(fs::metadata(&place).unwrap().mode() & 0o7777, 0o644);
        // The other way round the kernel takes the bit away.
        chown(&place, Some(1234), Some(2345)).unwrap();
        fs::set_permissions(&place, fs::Permissions::from_mode(0o2751)).unwrap();
        symlink("a", bed.root.join("link")).unwrap();
        symlink("link", bed.root.join("link to link")).unwrap();
        let now = bed.read("link to link").await.unwrap();
        assert_eq!(now.file.link.as_ref().and_then(FilePath::text), Some("link"));
        let inode = fs::metadata(&place).unwrap().ino();
        let expected = Expected::Version(now.file.version);
        let entry = bed.write("link to link", b"two", expected).await.unwrap();
        let meta = fs::metadata(&place).unwrap();
        assert_eq!((meta.mode() & 0o7777, meta.uid(), meta.gid()), (0o2751, 1234, 2345));
        assert_ne!(meta.ino(), inode, "it was replaced");
        assert_eq!(fs::read_link(bed.root.join("link to link")).unwrap().to_str(), Some("link"));
        assert_eq!(fs::read(&place).unwrap(), b"two");
        let shown = bed.stat("link").await.unwrap();
        assert_eq!((shown.version, shown.link.unwrap().text()), (entry.version.clone(), Some("a")));
        // Any bytes, and many of them.
        let many: Vec<u8> = (0..3_000_000_u32).map(|number| (number % 251) as u8).collect();
        let entry = bed.write("a", &many, Expected::Version(entry.version)).await.unwrap();
        assert_eq!((entry.size, fs::read(&place).unwrap() == many), (3_000_000, true));
        let text = "größe \u{1F600}\r\n\ttab\x07\n\n".as_bytes();
        bed.write("a", text, Expected::Anything).await.unwrap();
        assert_eq!(fs::read(&place).unwrap(), text);
        bed.write("a", b"", Expected::Anything).await.unwrap();
        assert_eq!(fs::read(&place).unwrap(), b"");
        bed.write("a", b"\0", Expected::Anything).await.unwrap();
        assert_eq!(fs::read(&place).unwrap(), b"\0");
        assert_eq!(bed.names(), ["a", "link", "link to link"]);
        let refused = bed.write("a", &vec![0; (4 << 20) + 1], Expected::Anything).await;
        assert_eq!(refused.unwrap_err().code, Code::TooLarge);
    }

    pub async fn a_file_that_changed_meanwhile_is_not_overwritten(bed: &FileBed) {
        let place = bed.root.join("a");
        fs::write(&place, "one").unwrap();
        let version = bed.read("a").await.unwrap().file.version;
        let expected = || Expected::Version(version.clone());
        fs::write(&place, "two").unwrap();
        let refused = bed.write("a", b"mine", expected()).await.unwrap_err();
        assert_eq!((refused.code, fs::read(&place).unwrap()), (Code::Conflict, b"two".to_vec()));
        fs::remove_file(&place).unwrap();
        let refused = bed.write("a", b"mine", expected()).await.unwrap_err();
        assert_eq!((refused.code, place.exists()), (Code::Conflict, false));
        fs::write(&place, "theirs").unwrap();
        let refused = bed.write("a", b"mine", Expected::Absent).await.unwrap_err();
        assert_eq!((refused.code, fs::read(&place).unwrap()), (Code::Conflict, b"theirs".to_vec()));
        // Of those who want to be first one is.
        let many: Vec<_> = (0..6).map(|number| format!("writer {number}")).collect();
        let writes = many.iter().map(|text| bed.write("new", text.as_bytes(), Expected::Absent));
        let written = futures::future::join_all(writes).await;
        let won: Vec<_> = written
            .iter()
            .zip(&many)
            .filter(|(one, _)| one.is_ok())
            .map(|(_, text)| text)
            .collect();
        assert_eq!(won.len(), 1, "{written:?}");
        assert_eq!(&fs::read_to_string(bed.root.join("new")).unwrap(), won[0]);
        for lost in written.iter().filter_map(|one| one.as_ref().err()) {
            assert_eq!(lost.code, Code::Conflict, "{lost:?}");
        }
        assert_eq!(bed.names(), ["a", "new"]);
    }

    pub async fn what_lies_outside_is_changed_only_when_that_was_said(bed: &FileBed) {
        let other = bed.beside("other");
        fs::write(&other, "theirs").unwrap();
        symlink("../other", bed.root.join("link")).unwrap();
        symlink("..", bed.root.join("up")).unwrap();
        let absolute = other.to_str().unwrap();
        for path in ["../other", "link", "up/other", absolute] {
            let refused = bed.write(path, b"mine", Expected::Anything).await.unwrap_err();
            assert_eq!(refused.code, Code::PermissionDenied, "{path}: {refused:?}");
            assert_eq!(bed.read(path).await.unwrap().bytes, b"theirs", "{path}");
        }
        for path in ["../x", "up/x", "up/x/y"] {
            assert_eq!(bed.mkdir(path, true).await.unwrap_err().code, Code::PermissionDenied);
        }
        let delete = bed.delete(&["up/other".into()], false).await;
        assert_eq!(delete.unwrap_err().code, Code::PermissionDenied);
        let rename = bed.rename("up/other", "mine", false).await;
        assert_eq!(rename.unwrap_err().code, Code::PermissionDenied);
        fs::write(bed.root.join("a"), "").unwrap();
        let rename = bed.rename("a", "../a", false).await;
        assert_eq!(rename.unwrap_err().code, Code::PermissionDenied);
        assert_eq!(fs::read(&other).unwrap(), b"theirs");
        let entry = bed.write_as("link", b"mine", Expected::Anything, true).await.unwrap();
        assert_eq!((fs::read(&other).unwrap(), entry.outside), (b"mine".to_vec(), true));
        // A link itself may be deleted: it lies inside.
        bed.delete(&["link".into(), "up".into()], true).await.unwrap();
        assert_eq!((bed.names(), other.exists()), (vec!["a".to_owned()], true));
        for path in [".", "..", bed.root.to_str().unwrap(), "/", "~", "~/.."] {
            let refused = bed.delete(&[path.into()], true).await.unwrap_err();
            assert!(
                matches!(refused.code, Code::Usage | Code::PermissionDenied),
                "{path}: {refused:?}"
            );
        }
        assert!(bed.root.exists());
    }

    pub async fn directories_are_made_files_moved_and_deleted(bed: &FileBed) {
        let missing = bed.mkdir("a/b", false).await.unwrap_err();
        assert_eq!((missing.code, &*missing.message), (Code::NotFound, "a is not there"));
        assert!(missing.hint.is_some_and(|hint| hint.contains("mkdir -p")));
        let made = bed.mkdir("a/b/c", true).await.unwrap();
        assert_eq!(made.kind, FileKind::Directory);
        assert!(made.path.text().unwrap().ends_with("/root/a/b/c"), "{made:?}");
        bed.mkdir("a/b/c/", true).await.unwrap();
        assert_eq!(bed.mkdir("a/b/c", false).await.unwrap_err().code, Code::Conflict);
        fs::write(bed.root.join("file"), "1").unwrap();
        assert_eq!(bed.mkdir("file", false).await.unwrap_err().code, Code::Conflict);
        assert_eq!(bed.mkdir("file/x", true).await.unwrap_err().code, Code::Conflict);
        bed.mkdir("odd\nname/it's", true).await.unwrap();
        assert!(bed.root.join("odd\nname/it's").is_dir());

        fs::write(bed.root.join("other"), "2").unwrap();
        assert_eq!(bed.rename("file", "other", false).await.unwrap_err().code, Code::Conflict);
        assert_eq!(fs::read(bed.root.join("other")).unwrap(), b"2");
        bed.rename("file", "other", true).await.unwrap();
        assert_eq!(fs::read(bed.root.join("other")).unwrap(), b"1");
        assert_eq!(bed.rename("other", "a", true).await.unwrap_err().code, Code::IsDirectory);
        let itself = bed.rename("a", "a/b/x", false).await.unwrap_err();
        assert_eq!((itself.code, &*itself.message), (Code::Usage, "a can't be moved into itself"));
        assert_eq!(bed.rename("nothing", "x", false).await.unwrap_err().code, Code::NotFound);
        // It is the target that is told of, where the target is at fault.
        let nowhere = bed.rename("other", "no/where", false).await.unwrap_err();
        assert_eq!(nowhere.code, Code::NotFound);
        assert_eq!(nowhere.message, "the directory of no/where is not there");
        let outside = bed.rename("other", "../other", false).await.unwrap_err();
        assert_eq!(outside.code, Code::PermissionDenied);
        assert!(outside.message.starts_with("../other lies outside"), "{outside:?}");
        bed.rename("a/b", "moved", false).await.unwrap();
        symlink("nowhere", bed.root.join("link")).unwrap();
        let moved = bed.rename("link", "moved/link", false).await.unwrap();
        assert_eq!(moved.link.unwrap().text(), Some("nowhere"));

        let refused = bed.delete(&["other".into(), "moved".into()], false).await.unwrap_err();
        assert_eq!(refused.code, Code::Conflict, "{refused:?}");
        assert!(refused.message.contains("moved") && bed.root.join("other").exists());
        let refused = bed.delete(&["other".into(), "gone".into()], true).await.unwrap_err();
        assert_eq!(refused.code, Code::NotFound);
        assert!(refused.message.contains("gone") && bed.root.join("other").exists());
        let all = ["other", "moved", "a", "odd\nname"].map(FilePath::from);
        bed.delete(&all, true).await.unwrap();
        assert_eq!(bed.names(), [""; 0]);
    }

    pub async fn what_is_wrong_is_said_plainly(bed: &FileBed) {
        fs::write(bed.root.join("file"), "").unwrap();
        fs::create_dir(bed.root.join("folder")).unwrap();
        rustix::fs::mkfifoat(rustix::fs::CWD, bed.root.join("pipe"), 0o600.into()).unwrap();
        fs::hard_link(bed.root.join("file"), bed.root.join("twin")).unwrap();
        for path in ["gone", "folder/gone", "gone/gone", "file/gone"] {
            let refused = bed.stat(path).await.unwrap_err();
            assert_eq!(refused.code, Code::NotFound, "{path}: {refused:?}");
            assert_eq!(refused.host.as_deref(), Some(&*bed.host));
            assert!(refused.message.contains(path), "{refused:?}");
            assert_eq!(bed.read(path).await.unwrap_err().code, Code::NotFound, "{path}");
        }
        assert_eq!(bed.list("gone").await.unwrap_err().code, Code::NotFound);
        let no_directory = bed.list("file").await.unwrap_err();
        assert_eq!(no_directory.code, Code::NotFound);
        assert!(no_directory.message.contains("is no directory"), "{no_directory:?}");
        assert_eq!(bed.read("folder").await.unwrap_err().code, Code::IsDirectory);
        assert_eq!(bed.read("").await.unwrap_err().code, Code::IsDirectory);
        let write = bed.write("folder", b"", Expected::Anything).await;
        assert_eq!(write.unwrap_err().code, Code::IsDirectory);
        assert_eq!(bed.read("pipe").await.unwrap_err().code, Code::Unsupported);
        let write = bed.write("pipe", b"", Expected::Anything).await;
        assert_eq!(write.unwrap_err().code, Code::Unsupported);
        // Nobody knows that a name would part from the other one.
        let write = bed.write("file", b"x", Expected::Anything).await;
        assert_eq!(write.unwrap_err().code, Code::Unsupported);
        assert_eq!(fs::read(bed.root.join("twin")).unwrap(), b"");
        let long = "x".repeat(300);
        let write = bed.write(long.as_str(), b"x", Expected::Absent).await;
        assert_eq!(write.unwrap_err().code, Code::Usage);
        let nul = bed.stat(FilePath(b"a\0b".to_vec())).await;
        assert_eq!(nul.unwrap_err().code, Code::Usage);
        assert_eq!(bed.names(), ["file", "folder", "pipe", "twin"]);
        let root = bed.stat("").await.unwrap();
        assert_eq!((root.kind, root.writable), (FileKind::Directory, Some(true)));
        assert_eq!(bed.stat("/").await.unwrap().path.text(), Some("/"));
    }

    pub async fn files_are_found_by_some_of_their_letters(bed: &FileBed) {
        fs::create_dir_all(bed.root.join("src/view")).unwrap();
        for name in ["src/view/files.rs", "src/view/field.rs", "src/main.rs", "notes"] {
            fs::write(bed.root.join(name), "").unwrap();
        }
        let all = bed.find("", 10).await.unwrap();
        assert_eq!((all.files.len(), all.looked_at, all.whole), (4, 4, true));
        let found = bed.find("vfil", 10).await.unwrap();
        assert_eq!(found.files[0].path, "src/view/files.rs");
        assert_eq!(found.files[0].letters.len(), 4);
        assert_eq!(bed.find("vfilq", 10).await.unwrap().files, []);
    }

    pub async fn a_file_that_was_made_just_now_is_found(bed: &FileBed) {
        fs::write(bed.root.join("main.rs"), "").unwrap();
        let first = bed.find("main", 10).await.unwrap();
        assert_eq!((first.files.len(), first.coming), (1, false));
        // Nobody has made it: the newer list that comes is the same.
        let missed = bed.find("button", 10).await.unwrap();
        assert_eq!((missed.files.len(), missed.list, missed.coming), (0, first.list, true));
        assert_eq!(bed.find_behind("button", 10, Some(missed.list)).await.unwrap(), None);

        fs::write(bed.root.join("button.rs"), "").unwrap();
        let missed = bed.find("button", 10).await.unwrap();
        assert_eq!((missed.files.len(), missed.coming), (0, true));
        let made = Instant::now();
        let mut newer = bed.find_behind("button", 10, Some(missed.list)).await.unwrap();
        // A list that was under way before it was made may come first.
        while let Some(older) = newer.clone().filter(|newer| newer.files.is_empty()) {
            assert!(older.coming);
            newer = bed.find_behind("button", 10, Some(older.list)).await.unwrap();
        }
        let newer = newer.unwrap();
        assert_eq!((newer.files[0].path.as_str(), newer.looked_at), ("button.rs", 2));
        assert_ne!(newer.list, first.list);
        // 200 ms, and what a host with all its cores busy takes.
        assert!(made.elapsed() < Duration::from_secs(4), "{:?}", made.elapsed());
        assert_eq!(bed.find("button", 10).await.unwrap().files, newer.files);
    }
}
