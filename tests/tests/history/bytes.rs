//! Whatever an entry holds arrives byte for byte, through every `sh` and whatever its locale.

use shared_history::Appended;

use crate::bed::{Machine, NAME, Project, Tools, append, entry, hosts, read};

/// Lines that shells like to misread; none is empty or holds a newline.
fn odd_lines() -> Vec<Vec<u8>> {
    let mut lines: Vec<Vec<u8>> = [
        "größe ✓ — “so” 😀 日本語 \u{feff}\u{2028}",
        "it's \"$HOME\" `id` \\ !x $(id) %s %d %% *?[a]~ #;&|<>",
        "'''' ''",
        "\\n \\0101 \\c \\",
        "-n",
        "-e x",
        "  leading and trailing  ",
        "cr\r",
        "\ttab",
        "del \u{7f} é\u{7f}",
        "\u{80}\u{9f}\u{a0}",
        "x",
    ]
    .iter()
    .map(|text| text.as_bytes().to_vec())
    .collect();
    lines.push((1..=255).filter(|byte| *byte != b'\n').collect());
    lines.push(vec![0xff, 0xfe, 0xe2, 0x82]);
    lines.push(b"a\0b".to_vec());
    lines
}

async fn arrive(project: &Project, of: &str) {
    let mut expected = Vec::new();
    for line in odd_lines() {
        project.add("id", &line).await;
        expected.extend([&line[..], b"\n"].concat());
        assert!(project.bytes() == expected, "{of}: {}", String::from_utf8_lossy(&line));
    }
    let lines = odd_lines();
    let ascii: Vec<(&str, &[u8])> = lines.iter().map(|line| ("id", &line[..])).collect();
    project.append(&ascii).await.unwrap();
    expected = [&expected[..], &expected[..]].concat();
    assert!(project.bytes() == expected, "{of}: all at once");
    let bytes = read(&project.files, NAME, 0, expected.len() as u64).await;
    assert!(bytes == expected, "{of}: read");
    assert_eq!(project.litter(), Vec::<String>::new(), "{of}");
}

#[tokio::test(flavor = "multi_thread")]
async fn odd_bytes_arrive_through_every_sh() {
    let machines = ["dash", "bash", "mksh", "busybox"];
    let kinds = [Tools::All, Tools::NoLock];
    let all = kinds.iter().flat_map(|tools| machines.map(|sh| (sh, *tools))).map(|(sh, tools)| {
        tokio::spawn(async move {
            let machine = Machine::new(sh, tools);
            arrive(&Project::new(&machine.connection), sh).await;
            machine.connection.close().await;
        })
    });
    for one in futures::future::join_all(all).await {
        one.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn odd_bytes_arrive_over_every_transport() {
    for (transport, host) in hosts() {
        arrive(&Project::new(&host.connection), transport).await;
        host.connection.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn lines_of_every_length_arrive_and_are_read_again() {
    for (transport, host) in hosts() {
        let project = Project::new(&host.connection);
        let mut expected = Vec::new();
        for length in [1, 200, 4_095, 4_096, 16_383, 16_384, 16_385, 70_000, 5 * 1024 * 1024] {
            let line = "é".repeat(length / 2) + if length % 2 == 1 { "x" } else { "" };
            let done =
                append(&project.files, &[("id", line.as_bytes())], true, None).await.unwrap();
            expected.extend([line.as_bytes(), b"\n"].concat());
            match done {
                Appended::Done { found: 0, size, .. } => {
                    assert_eq!(size, expected.len() as u64, "{transport}: {length}");
                }
                other => panic!("{transport}: {length}: {other:?}"),
            }
            assert!(project.bytes() == expected, "{transport}: {length}");
        }
        let got = read(&project.files, NAME, 0, expected.len() as u64).await;
        assert!(got == expected, "{transport}");
        host.connection.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_of_an_entry_is_a_word_of_a_program() {
    // A shell whose printf, cat and grep are programs that tell their words.
    let machine = Machine::new("mksh", Tools::All);
    let (log, bin) = (machine.home.path().join("log"), machine.home.path().join("bin"));
    for name in ["printf", "cat", "grep", "ls", "flock", "od", "perl"] {
        let text = format!(
            "#!/bin/dash\necho \"{name} $*\" >>{}; exec /usr/bin/{name} \"$@\"\n",
            log.display()
        );
        std::fs::write(bin.join(name), text).unwrap();
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        std::fs::set_permissions(bin.join(name), mode).unwrap();
    }
    let project = Project::new(&machine.connection);
    for summary in ["hidden välue", "hidden value", "hidden välue\u{7f}"] {
        project.add("1", &entry("1", summary)).await;
    }
    append(&project.files, &[("2", &entry("2", "hidden"))], true, None).await.unwrap();
    let said = std::fs::read_to_string(&log).unwrap();
    assert!(["flock", "grep", "perl"].iter().all(|name| said.contains(name)), "{said}");
    assert!(!said.contains("hidden") && !said.contains("summary"), "{said}");
    assert!(!said.contains("150\\0151"), "{said}");
    machine.connection.close().await;
}
