//! A file that is written while the shell that writes it dies, at every step.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::PathBuf;

use orchestrator::seam::Expected;

use crate::desk::Laptop;
use crate::files_bed::FileBed;

/// What the scripts use.
const USED: [&str; 19] = [
    "cat", "chmod", "chown", "cksum", "cp", "dd", "find", "head", "ln", "ls", "mkdir", "mv",
    "readlink", "rm", "sync", "tail", "tr", "wc", "sleep",
];

/// More programs than a write takes.
const MOST_STEPS: usize = 40;

/// A home in which the shell dies that starts the nth program: before or after that has run.
fn deadly(laptop: &Laptop, sh: &str) {
    let home = laptop.path("home");
    let bin = home.join("bin");
    fs::create_dir(&bin).unwrap();
    symlink(format!("/usr/bin/{sh}"), bin.join("sh")).unwrap();
    for name in ["printf", "git"] {
        symlink(format!("/usr/bin/{name}"), bin.join(name)).unwrap();
    }
    for name in USED {
        let text = format!(
            "#!/bin/dash\nd={}\n[ -e $d/at ] || exec /usr/bin/{name} \"$@\"\n\
             echo {name} >>$d/count; n=0\nwhile read -r x; do n=$((n+1)); done <$d/count\n\
             read -r at moment <$d/at\n\
             [ \"$n $moment\" != \"$at before\" ] || {{ echo >$d/killed; kill -KILL $PPID; exit 9; }}\n\
             /usr/bin/{name} \"$@\"; status=$?\n\
             [ \"$n $moment\" != \"$at after\" ] || {{ echo >$d/killed; kill -KILL $PPID; }}\n\
             exit $status\n",
            home.display()
        );
        fs::write(bin.join(name), text).unwrap();
        fs::set_permissions(bin.join(name), fs::Permissions::from_mode(0o755)).unwrap();
    }
    let path = bin.display();
    fs::write(home.join(".profile"), format!("PATH={path}\nexport PATH\n")).unwrap();
}

async fn a_write_survives(sh: &str, bytes: usize, expected: impl Fn(String) -> Expected) {
    let bed = FileBed::local(|laptop| deadly(laptop, sh)).await;
    let file = |name: &str| -> PathBuf { bed.laptop.path("home").join(name) };
    let place = bed.root.join("a");
    for moment in ["before", "after"] {
        for nth in 1.. {
            let of = format!("{sh}, {bytes} bytes, {moment} {nth}");
            assert!(nth < MOST_STEPS, "{of}");
            for name in ["count", "killed"] {
                fs::remove_file(file(name)).ok(); // It may not be there.
            }
            let (old, new) = (vec![b'o'; bytes], vec![b'n'; bytes + 1]);
            fs::write(&place, &old).unwrap();
            fs::set_permissions(&place, fs::Permissions::from_mode(0o640)).unwrap();
            let version = bed.stat("a").await.unwrap().version;
            let expected = expected(version);
            if expected == Expected::Absent {
                fs::remove_file(&place).unwrap();
            }
            fs::write(file("at"), format!("{nth} {moment}\n")).unwrap();
            let written = bed.write("a", &new, expected.clone()).await;
            fs::remove_file(file("at")).unwrap();
            let has_died = file("killed").exists();
            match fs::read(&place) {
                Ok(now) if now == old => assert!(written.is_err(), "{of}: {written:?}"),
                Ok(now) => {
                    assert_eq!(now, new, "{of}");
                    let mode = fs::metadata(&place).unwrap().mode() & 0o777;
                    let wanted = if expected == Expected::Absent { 0o644 } else { 0o640 };
                    assert_eq!(mode, wanted, "{of}");
                }
                Err(_) => assert_eq!(expected, Expected::Absent, "{of}: it is gone"),
            }
            if !has_died {
                written.unwrap();
            }
            bed.write("b", b"", Expected::Anything).await.unwrap();
            let names: Vec<_> = bed.names().into_iter().filter(|name| name != "a").collect();
            assert_eq!(names, ["b"], "{of}");
            if !has_died {
                break;
            }
        }
    }
    bed.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_write_survives_a_death_at_every_step() {
    let expected: [fn(String) -> Expected; 3] =
        [Expected::Version, |_| Expected::Absent, |_| Expected::Anything];
    for (sh, bytes, expected) in [
        ("dash", 100, expected[0]),
        ("dash", 100, expected[1]),
        ("dash", 50_000, expected[0]),
        ("bash", 100, expected[0]),
        ("bash", 50_000, expected[2]),
        ("mksh", 100, expected[0]),
    ] {
        a_write_survives(sh, bytes, expected).await;
    }
}
