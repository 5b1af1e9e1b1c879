//! Launching a run and hearing it to its end, on every transport.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use orchestrator::run::{Arg, Job, Offsets, RunError, Standing, Stdin};
use orchestrator::seam::{LinkState, RunId};
use orchestrator::transport::TransportError;

use crate::bed::{file, finish, folder, hosts, nothing_is_left, runs, sh, to_the_end};

#[tokio::test(flavor = "multi_thread")]
async fn a_run_is_heard_byte_for_byte_with_its_status_on_every_transport() {
    for (name, host) in hosts() {
        let runs = runs(&host);
        let (run, heard, status) = finish(&runs, &sh("echo out; echo err >&2; exit 7")).await;
        assert_eq!((heard.text().as_str(), status), ("out\n", 7), "{name}: {heard:?}");
        assert_eq!(heard.err, b"err\n", "{name}");
        assert_eq!(heard.links, [], "{name}");
        let facts = runs.state(&run).await.unwrap();
        assert_eq!(facts.standing, Standing::Exited(7), "{name}");
        assert_eq!((facts.out_bytes, facts.err_bytes), (4, 4), "{name}");
        assert!(facts.meta.unwrap().command.starts_with("sh -c"), "{name}");
        nothing_is_left(&host, &run).await;
        host.connection.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn eight_mebibytes_of_any_bytes_come_through_both_ways_on_every_transport() {
    let bytes: Vec<u8> =
        (0..8 * 1024 * 1024u32).map(|at| (at.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    for (name, host) in hosts() {
        let mut job = sh("tee /dev/stderr");
        job.stdin = Stdin::Bytes(bytes.clone());
        let (run, heard, status) = finish(&runs(&host), &job).await;
        assert_eq!(status, 0, "{name}");
        assert!(heard.out == bytes, "{name}: {} bytes", heard.out.len());
        assert!(heard.err == bytes, "{name}: {} bytes", heard.err.len());
        nothing_is_left(&host, &run).await;
        host.connection.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn files_lie_beside_the_job_and_arguments_arrive_byte_for_byte() {
    for (name, host) in hosts() {
        let all: Vec<u8> = (1..=255).collect();
        let mut job = Job::new([
            "sh",
            "-c",
            "cat \"$1\" \"$2\"; printf '%s\\0' \"$3\" \"$4\" \"$VALUE\"; cat",
            "sh",
        ]);
        job.argv.push(Arg::File("a.png".into()));
        job.argv.push(Arg::File("b-2.jpg".into()));
        job.argv.push(Arg::from(all.clone()));
        job.argv.push(Arg::from("two\n\n"));
        job.files =
            vec![("a.png".into(), vec![0, 255, 10, 0]), ("b-2.jpg".into(), vec![7; 100_000])];
        job.env = vec![("VALUE".into(), all.clone())];
        job.stdin = Stdin::Bytes(b"\0the end\n".to_vec());
        let (_, heard, status) = finish(&runs(&host), &job).await;
        let expected =
            [&[0, 255, 10, 0][..], &[7; 100_000], &all, b"\0two\n\n\0", &all, b"\0\0the end\n"]
                .concat();
        assert_eq!(status, 0, "{name}: {heard:?}");
        assert!(heard.out == expected, "{name}: {}", heard.out.len());
        host.connection.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn values_of_the_environment_and_prompts_stand_on_no_command_line_and_in_private_files() {
    let (_, host) = hosts().remove(0);
    // The brackets keep the search from finding itself.
    let script = "cat; cat /proc/*/cmdline 2>/dev/null | tr '\\0' '\\n' | \
        grep -e 'hidden-valu[e]' -e 'hidden-promp[t]'";
    let mut job = sh(script);
    job.env = vec![("TOKEN".into(), b"hidden-value".to_vec())];
    job.stdin = Stdin::Bytes(b"hidden-prompt\n".to_vec());
    let (run, heard, _) = finish(&runs(&host), &job).await;
    assert_eq!(heard.text(), "hidden-prompt\n", "a command line shows more");
    assert!(file(&host, &run, "job").contains("hidden-value"));
    assert!(!file(&host, &run, "meta.json").contains("hidden-value"));
    let mode =
        |path: std::path::PathBuf| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let dir = folder(&host).join(run.as_str());
    assert_eq!(
        (mode(dir.clone()), mode(dir.join("job")), mode(dir.join("in"))),
        (0o700, 0o600, 0o600)
    );
    host.connection.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_program_gives_127_and_says_so() {
    for (name, host) in hosts() {
        let (_, heard, status) = finish(&runs(&host), &Job::new(["no-such-program-here"])).await;
        assert_eq!(status, 127, "{name}");
        assert!(
            String::from_utf8_lossy(&heard.err).contains("no-such-program-here"),
            "{name}: {heard:?}"
        );
        host.connection.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_that_a_signal_ends_gives_128_and_its_number() {
    for (name, host) in hosts() {
        let (_, _, status) = finish(&runs(&host), &sh("kill -TERM $$")).await;
        assert_eq!(status, 143, "{name}");
        let (run, _, status) = finish(&runs(&host), &sh("kill -KILL -$$")).await;
        assert_eq!(status, 137, "{name}");
        nothing_is_left(&host, &run).await;
        host.connection.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_directory_is_said_before_anything_is_launched() {
    for (name, host) in hosts() {
        let runs = runs(&host);
        let at = |dir: &str| {
            let mut job = sh("pwd");
            job.cwd = Some(dir.as_bytes().to_vec());
            job
        };
        let run = RunId::random();
        let refused = runs.launch(&run, &at("~/not-there")).await.unwrap_err();
        assert!(
            matches!(refused, RunError::Transport(TransportError::DirMissing { .. })),
            "{name}: {refused:?}"
        );
        assert!(!folder(&host).join(run.as_str()).exists(), "{name}");
        let home = folder(&host).ancestors().nth(4).unwrap().to_owned();
        std::fs::create_dir(home.join("it's a dir")).unwrap();
        for dir in ["~/it's a dir", "it's a dir", home.join("it's a dir").to_str().unwrap()] {
            let (_, heard, status) = finish(&runs, &at(dir)).await;
            assert_eq!(status, 0, "{name}: {heard:?}");
            assert!(heard.text().ends_with("/it's a dir\n"), "{name}: {heard:?}");
        }
        host.connection.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_child_prints_after_the_end_does_not_keep_the_run() {
    for (name, host) in hosts() {
        let runs = runs(&host);
        let (run, heard, status) = finish(&runs, &sh("sleep 300 & echo done")).await;
        assert_eq!((heard.text().as_str(), status), ("done\n", 0), "{name}");
        assert_eq!(crate::bed::marked(&run).len(), 1, "{name}: the child lives");
        runs.stop(&run).await.unwrap();
        nothing_is_left(&host, &run).await;
        host.connection.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_can_be_heard_again_from_any_offset() {
    for (name, host) in hosts() {
        let runs = runs(&host);
        let run = RunId::random();
        runs.launch_detached(&run, &sh("printf 0123456789; printf abc >&2")).await.unwrap();
        crate::bed::stands(&runs, &run, Standing::Exited(0)).await;
        for (out, err) in [(0, 0), (4, 1), (10, 3)] {
            let from = Offsets { out, err };
            let mut heard = crate::bed::Heard::since(from);
            heard.listen(&mut runs.follow(&run, from), |_| false).await;
            assert_eq!(heard.text(), "0123456789"[out as usize..], "{name}");
            assert_eq!(heard.err, b"abc"[err as usize..], "{name}");
            assert_eq!(heard.status, Some(Some(0)), "{name}");
        }
        let beyond = runs.follow(&run, Offsets { out: 11, err: 0 });
        let heard = to_the_end(beyond).await;
        assert!(matches!(heard.failed, Some(RunError::Corrupt { .. })), "{name}: {heard:?}");
        let gone = to_the_end(runs.follow(&RunId::random(), Offsets::default())).await;
        assert!(matches!(gone.failed, Some(RunError::NotFound { .. })), "{name}: {gone:?}");
        host.connection.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_id_is_launched_once() {
    let (_, host) = hosts().remove(0);
    let runs = runs(&host);
    let run = RunId::random();
    let job = sh("echo once");
    to_the_end(runs.launch(&run, &job).await.unwrap()).await;
    let again = runs.launch(&run, &job).await.unwrap_err();
    assert!(matches!(again, RunError::Exists { .. }), "{again:?}");
    assert_eq!(file(&host, &run, "out"), "once\n");
    host.connection.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_living_run_whose_files_are_odd_for_a_while_is_followed_on() {
    for (name, host) in hosts() {
        let runs = runs(&host);
        let run = RunId::random();
        let gate = crate::bed::folder(&host).join(run.as_str()).join("gate");
        let script = format!(
            "printf 01234; until [ -e {0} ]; do sleep 0.05; done; printf 56789; \
             until [ -e {0}2 ]; do sleep 0.05; done",
            gate.display()
        );
        runs.launch_detached(&run, &sh(&script)).await.unwrap();
        // As where a file system shows an older size for a while.
        let from = Offsets { out: 8, err: 0 };
        let mut heard = crate::bed::Heard::since(from);
        let mut follow = runs.follow(&run, from);
        heard.listen(&mut follow, |heard| heard.links == [LinkState::Blocked]).await;
        fs::write(&gate, "").unwrap();
        heard.listen(&mut follow, |heard| heard.text() == "89").await;
        fs::write(gate.with_file_name("gate2"), "").unwrap();
        heard.listen(&mut follow, |_| false).await;
        assert_eq!((heard.status, &heard.failed), (Some(Some(0)), &None), "{name}");
        assert_eq!(heard.links, [LinkState::Blocked, LinkState::Restored], "{name}");
        host.connection.close().await;
    }
}
