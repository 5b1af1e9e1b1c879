//! Old runs go, living ones never.

use std::process::Command;

use orchestrator::run::Standing;
use orchestrator::seam::RunId;

use crate::bed::{finish, folder, hosts, runs, sh};

fn age(path: &std::path::Path, when: &str) {
    let touched = Command::new("touch").args(["-d", when]).arg(path).status().unwrap();
    assert!(touched.success());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sweep_takes_what_is_stored_or_old_or_broke_half_way_and_nothing_that_lives() {
    for (name, host) in hosts() {
        let runs = runs(&host);
        let folder = folder(&host);
        let (stored, ..) = finish(&runs, &sh("echo stored")).await;
        let (young, ..) = finish(&runs, &sh("echo young")).await;
        let (old, ..) = finish(&runs, &sh("echo old")).await;
        age(&folder.join(old.as_str()).join("exit"), "8 days ago");
        let living = RunId::random();
        runs.launch_detached(&living, &sh("exec sleep 300")).await.unwrap();
        age(&folder.join(living.as_str()).join("exit"), "8 days ago");
        age(&folder.join(living.as_str()), "8 days ago");
        // A launch that broke off: staged, never claimed.
        let (half, fresh) = (RunId::random(), RunId::random());
        for run in [&half, &fresh] {
            std::fs::create_dir(folder.join(run.as_str())).unwrap();
        }
        std::process::Command::new("chown")
            .arg("--reference")
            .arg(&folder)
            .arg(folder.join(half.as_str()))
            .status()
            .unwrap();
        age(&folder.join(half.as_str()), "2 hours ago");
        // One that was claimed and whose first process never came.
        let broken = RunId::random();
        let dir = folder.join(broken.as_str());
        std::fs::create_dir(&dir).unwrap();
        std::fs::write(dir.join("go"), "launched\n").unwrap();
        age(&dir.join("go"), "2 hours ago");
        age(&dir, "2 hours ago");
        assert_eq!(runs.state(&broken).await.unwrap().standing, Standing::Broken, "{name}");

        let mut swept = runs.sweep(&[stored.clone(), living.clone()]).await.unwrap();
        swept.sort();
        let mut expected = vec![stored, old, half, broken];
        expected.sort();
        assert_eq!(swept, expected, "{name}");
        let left: Vec<RunId> =
            runs.list().await.unwrap().into_iter().map(|facts| facts.run).collect();
        for run in [&young, &living, &fresh] {
            assert!(left.contains(run), "{name}");
        }
        assert_eq!(left.len(), 3, "{name}");
        runs.stop(&living).await.unwrap();
        host.connection.close().await;
    }
}
