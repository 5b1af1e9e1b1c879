//! What every way to a host promises of a project's files.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use orchestrator::transport::Connection;
use shared_history::{Appended, Files, FilesError, Known, Mend, Span};

use crate::bed::{Machine, NAME, Project, Tools, append, entry, hosts, inode, read};

const MOST: u64 = 8 * 1024 * 1024;

#[tokio::test(flavor = "multi_thread")]
async fn an_entry_is_appended_and_the_next_look_brings_what_is_new_and_nothing_else() {
    for (transport, host) in hosts() {
        let project = Project::new(&host.connection);
        let look = project.files.look(&[], MOST).await.unwrap();
        assert_eq!(look.root, project.dir.to_str().unwrap().as_bytes(), "{transport}");
        assert!(look.files.is_empty() && look.odd.is_empty(), "{transport}: {look:?}");

        let first = entry("1", "größe — it's \"so\" 😀");
        let done = project.add("1", &first).await;
        let bytes = [&first[..], b"\n"].concat();
        assert_eq!(project.bytes(), bytes, "{transport}");
        let (identity, size) = (inode(&project.file()), bytes.len() as u64);
        assert_eq!(done, Appended::Done { found: 0, identity, size }, "{transport}");

        let look = project.files.look(&[], MOST).await.unwrap();
        assert_eq!((look.files[0].identity, look.files[0].size), (identity, size), "{transport}");
        let known = Known { name: NAME.into(), identity, offset: size };
        let look = project.files.look(std::slice::from_ref(&known), MOST).await.unwrap();
        assert_eq!(look.files[0].fresh, None, "{transport}");

        let second = entry("2", "two");
        project.add("2", &second).await;
        let look = project.files.look(std::slice::from_ref(&known), MOST).await.unwrap();
        let fresh = look.files[0].fresh.clone().unwrap();
        assert_eq!(fresh.bytes, [&second[..], b"\n"].concat(), "{transport}");
        assert_eq!(fresh.head, &project.bytes()[..256.min(project.bytes().len())], "{transport}");
        assert_eq!(fresh.seam, bytes[bytes.len().saturating_sub(256)..], "{transport}");

        // Too much, and another file of that name, bring nothing along.
        let look = project.files.look(std::slice::from_ref(&known), 10).await.unwrap();
        assert_eq!(look.files[0].fresh, None, "{transport}");
        let other = Known { identity: identity + 1, ..known };
        let look = project.files.look(&[other], MOST).await.unwrap();
        assert_eq!(look.files[0].fresh, None, "{transport}");
        assert_eq!(project.litter(), Vec::<String>::new(), "{transport}");
        host.connection.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn news_of_several_files_come_with_one_look_until_they_are_too_much() {
    for (transport, host) in hosts() {
        news_of_several_files(&host.connection, transport).await;
        host.connection.close().await;
    }
    for sh in ["dash", "bash", "mksh", "busybox"] {
        let machine = Machine::new(sh, Tools::NoLock);
        news_of_several_files(&machine.connection, sh).await;
        machine.connection.close().await;
    }
}

async fn news_of_several_files(connection: &Connection, of: &str) {
    let project = Project::new(connection);
    fs::create_dir_all(project.history()).unwrap();
    let mut known = Vec::new();
    for (number, size) in [(1, 3_000_usize), (2, 200_000), (3, 400)] {
        let name = format!("history-{number}.jsonl");
        let text = format!("{number}").repeat(size - 1) + "\n";
        fs::write(project.history().join(&name), text).unwrap();
        let identity = inode(&project.history().join(&name));
        known.push(Known { name, identity, offset: 300 });
    }
    fs::create_dir(project.history().join("history-dir.jsonl")).unwrap();
    let look = project.files.look(&known, 10_000).await.unwrap();
    let came: Vec<Option<usize>> =
        look.files.iter().map(|file| file.fresh.as_ref().map(|fresh| fresh.bytes.len())).collect();
    assert_eq!(came, [Some(2_700), None, Some(100)], "{of}");
    let fresh = look.files[2].fresh.as_ref().unwrap();
    assert_eq!((fresh.seam.len(), fresh.head.len()), (256, 256), "{of}");
    assert_eq!(look.odd.len(), 1, "{of}");
}

#[tokio::test(flavor = "multi_thread")]
async fn spans_are_read_as_they_are_and_what_is_gone_gives_nothing() {
    for (transport, host) in hosts() {
        let project = Project::new(&host.connection);
        assert_eq!(read(&project.files, NAME, 0, 10).await, b"", "{transport}");
        let all: Vec<u8> = (0..3_000_000_u32).map(|at| (at * 7 % 251) as u8).collect();
        project.write(&all);
        let spans: Vec<Span> =
            [(0, 3_000_000), (1, 2_000_000), (2_999_990, 100), (70_000, 5), (4_000_000, 9)]
                .map(|(from, bytes)| Span { name: NAME.into(), from, bytes })
                .into();
        let mut spans_and_none = spans.clone();
        spans_and_none.insert(1, Span { name: "history-gone.jsonl".into(), from: 0, bytes: 10 });
        let mut got = vec![Vec::new(); spans_and_none.len()];
        project
            .files
            .read(&spans_and_none, &mut |chunk| got[chunk.span].extend_from_slice(chunk.bytes))
            .await
            .unwrap();
        assert!(got.remove(1).is_empty(), "{transport}");
        for (span, got) in spans.iter().zip(got) {
            let from = all.len().min(span.from as usize);
            let to = all.len().min((span.from + span.bytes) as usize);
            assert!(all[from..to] == got, "{transport}: {span:?} gave {} bytes", got.len());
        }
        host.connection.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn lines_that_may_be_there_already_are_added_once() {
    for (transport, host) in hosts() {
        let project = Project::new(&host.connection);
        let lines: Vec<Vec<u8>> = ["a", "b", "c"].iter().map(|id| entry(id, "x")).collect();
        project.append(&[("a", &lines[0]), ("b", &lines[1])]).await.unwrap();
        let all = [("a", &*lines[0]), ("b", &*lines[1]), ("c", &*lines[2])];
        let again = append(&project.files, &all, true, None).await.unwrap();
        assert!(matches!(again, Appended::Done { found: 2, .. }), "{transport}: {again:?}");
        let again = append(&project.files, &all, true, None).await.unwrap();
        assert!(matches!(again, Appended::Done { found: 3, .. }), "{transport}: {again:?}");
        assert_eq!(project.bytes(), [&lines.join(&b'\n')[..], b"\n"].concat(), "{transport}");

        // The same with lines that are too long for a control shell.
        let long: Vec<Vec<u8>> =
            ["d", "e", "f"].iter().map(|id| entry(id, &"lang ".repeat(9_000))).collect();
        project.append(&[("e", &long[1])]).await.unwrap();
        let all = [("d", &*long[0]), ("e", &*long[1]), ("f", &*long[2])];
        let again = append(&project.files, &all, true, None).await.unwrap();
        assert!(matches!(again, Appended::Done { found: 1, .. }), "{transport}: {again:?}");
        let expected = [&lines[..], &[long[1].clone(), long[0].clone(), long[2].clone()]].concat();
        assert!(project.bytes() == [&expected.join(&b'\n')[..], b"\n"].concat(), "{transport}");
        assert_eq!(project.litter(), Vec::<String>::new(), "{transport}");
        host.connection.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_torn_last_line_is_told_and_mended_as_is_wished() {
    for (transport, host) in hosts() {
        for long in [false, true] {
            let project = Project::new(&host.connection);
            let whole = entry("whole", "was not ended");
            let line = entry("new", &"y".repeat(if long { 40_000 } else { 4 }));
            project.write(&[b"{}\n", &whole[..]].concat());
            let torn = project.append(&[("new", &line)]).await.unwrap();
            let size = 3 + whole.len() as u64;
            let expected = Appended::Torn { from: 3, size, fragment: Some(whole.clone()) };
            assert_eq!(torn, expected, "{transport}");
            assert_eq!(project.bytes().len() as u64, size, "{transport}");

            // Somebody else was there: what was decided for another size is asked for again.
            let stale = Mend { from: 3, size: size - 1, is_whole: true };
            let torn = append(&project.files, &[("new", &line)], false, Some(stale)).await.unwrap();
            assert_eq!(torn, expected, "{transport}");

            let mend = Mend { from: 3, size, is_whole: true };
            let both = [("whole", &*whole), ("new", &*line)];
            let done = append(&project.files, &both, true, Some(mend)).await.unwrap();
            assert!(matches!(done, Appended::Done { found: 1, .. }), "{transport}: {done:?}");
            let expected = [b"{}\n", &whole[..], b"\n", &line, b"\n"].concat();
            assert!(project.bytes() == expected, "{transport}");

            // Half a line goes where nobody takes it for an entry. It may end with NULs after a power failure.
            project.write(b"{}\n{\"id\":\"ha\0\0");
            let torn = project.append(&[("new", &line)]).await.unwrap();
            let fragment = Some(b"{\"id\":\"ha\0\0".to_vec());
            assert_eq!(torn, Appended::Torn { from: 3, size: 14, fragment }, "{transport}");
            let mend = Mend { from: 3, size: 14, is_whole: false };
            let done = append(&project.files, &[("new", &line)], false, Some(mend)).await.unwrap();
            assert!(matches!(done, Appended::Done { found: 0, .. }), "{transport}: {done:?}");
            assert!(project.bytes() == [b"{}\n", &line[..], b"\n"].concat(), "{transport}");
            let aside = fs::read(project.history().join(format!(".{NAME}.torn"))).unwrap();
            assert_eq!(aside, b"{\"id\":\"ha\0\0\n", "{transport}");
        }
        host.connection.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_torn_line_of_more_than_a_mebibyte_is_told_without_its_bytes() {
    for (_, host) in hosts() {
        let project = Project::new(&host.connection);
        project.write(&[b"{}\n", vec![b'x'; 2 * 1024 * 1024].as_slice()].concat());
        let torn = project.append(&[("1", b"{}")]).await.unwrap();
        let size = 3 + 2 * 1024 * 1024;
        assert_eq!(torn, Appended::Torn { from: 3, size, fragment: None });
        host.connection.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_lines_are_kept_with_the_files_mode_and_a_torn_one_counts() {
    for (transport, host) in hosts() {
        let project = Project::new(&host.connection);
        let gone = project.files.trim(NAME, 5).await.unwrap();
        assert_eq!((gone.removed, gone.size), (0, 0), "{transport}");
        project.write(b"1\n2\n3\n4\n5");
        fs::set_permissions(project.file(), fs::Permissions::from_mode(0o640)).unwrap();
        let before = inode(&project.file());
        let leftover = project.history().join(format!(".{NAME}.tmp.99"));
        fs::write(&leftover, "of somebody who died").unwrap();
        let kept = project.files.trim(NAME, 5).await.unwrap();
        assert_eq!((kept.removed, kept.identity, kept.size), (0, before, 9), "{transport}");
        assert!(!leftover.exists(), "{transport}");
        let trimmed = project.files.trim(NAME, 2).await.unwrap();
        assert_eq!(project.bytes(), b"4\n5", "{transport}");
        let identity = inode(&project.file());
        assert_eq!(
            (trimmed.removed, trimmed.identity, trimmed.size),
            (3, identity, 3),
            "{transport}"
        );
        assert_ne!(identity, before, "{transport}");
        let mode = fs::metadata(project.file()).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, 0o640, "{transport}");
        assert_eq!(project.litter(), Vec::<String>::new(), "{transport}");
        host.connection.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_that_can_not_be_reached_is_said_and_leaves_nothing_in_doubt() {
    let mut sshd = baton_tests::TestSshd::start();
    let config = sshd.write_client_config("box", &[]);
    sshd.stop();
    let host = crate::support::openssh_with(
        std::sync::Arc::new(sshd),
        config,
        orchestrator::transport::ConnectionSettings::default(),
        |_| (),
    );
    let project = Project::new(&host.connection);
    let look = project.files.look(&[], MOST).await.unwrap_err();
    assert!(matches!(look, FilesError::Unreachable(_)), "{look:?}");
    let append = project.append(&[("1", b"{}")]).await.unwrap_err();
    assert!(matches!(append, FilesError::Unreachable(_)), "{append:?}");
    host.connection.close().await;
}
