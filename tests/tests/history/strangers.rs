//! Somebody who takes no lock writes the same file: nothing of his is lost, and nothing of ours.

use std::fs;

use shared_history::{Appended, FilesError, Mend};

use crate::bed::{Machine, Project, Tools, append, append_surely, entry};

const THEIRS: &str = "{\"id\":\"theirs\",\"timestamp\":1}";

/// A machine where, once, `script` runs in the place of a program. It knows the project's file as `$f`, the line as `$t`, and
/// the program as `$p`.
fn with(tools: Tools, program: &str, when: &str, script: &str) -> (Machine, Project) {
    let machine = Machine::new("dash", tools);
    let project = Project::new(&machine.connection);
    project.write(&[&entry("1", "x")[..], b"\n"].concat());
    let text = format!(
        "p=/usr/bin/{program} f={} t='{THEIRS}'\n\
         case \"$*\" in {when}) ;; *) exec $p \"$@\" ;; esac\n\
         [ ! -e $d/done ] || exec $p \"$@\"\n\
         : >$d/done\n{script}",
        project.file().display()
    );
    machine.put(program, &text);
    (machine, project)
}

fn is_in_doubt(appended: Result<Appended, FilesError>) {
    assert!(matches!(appended, Err(FilesError::InDoubt(_))), "{appended:?}");
}

fn count(bytes: &[u8], what: &str) -> usize {
    String::from_utf8_lossy(bytes).matches(what).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_another_one_adds_while_ours_fails_stays() {
    for tools in [Tools::NoLock, Tools::Flock, Tools::Perl] {
        let cases = [
            // Nothing of ours is there, a part, and all of it.
            "echo \"$t\" >>$f; echo 'cat: odd' >&2; exit 1",
            "$p \"$@\" | head -c 100; echo \"$t\" >>$f; exit 1",
            "$p \"$@\"; echo \"$t\" >>$f; exit 0",
            "$p \"$@\"; echo \"$t\" >>$f; exit 1",
        ];
        for script in cases {
            // Too long for a control shell: a program writes it.
            let (machine, project) = with(tools, "cat", "*.new.*", script);
            let line = entry("2", &"y".repeat(20_000));
            is_in_doubt(project.append(&[("2", &line)]).await);
            assert!(machine.home.path().join("done").exists(), "{tools:?}");
            let bytes = project.bytes();
            assert_eq!(count(&bytes, THEIRS), 1, "{tools:?}: {script}");
            assert_eq!(project.litter(), Vec::<String>::new(), "{tools:?}: {script}");
            let again = append(&project.files, &[("2", &line)], true, None).await.unwrap();
            assert!(matches!(again, Appended::Done { .. }), "{tools:?}: {again:?}");
            assert!(project.bytes().starts_with(&bytes), "{tools:?}: {script}");
            let whole = String::from_utf8([&line[..], b"\n"].concat()).unwrap();
            assert_eq!(count(&project.bytes(), &whole), 1, "{tools:?}: {script}");
            machine.connection.close().await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_another_one_adds_while_half_a_line_is_set_aside_stays() {
    for tools in [Tools::NoLock, Tools::Flock, Tools::Perl] {
        let script = "$p \"$@\"; echo \"$t\" >>$f; exit 0";
        let (machine, project) = with(tools, "tail", "'-c +'*", script);
        let first = project.bytes();
        fs::write(project.file(), [&first[..], b"{\"id\":\"ha"].concat()).unwrap();
        let (from, size) = (first.len() as u64, first.len() as u64 + 9);
        let mend = Some(Mend { from, size, is_whole: false });
        let line = entry("2", "y");
        is_in_doubt(append(&project.files, &[("2", &line)], false, mend).await);
        assert_eq!(count(&project.bytes(), THEIRS), 1, "{tools:?}");
        append_surely(&project.files, "2", &line).await;
        assert_eq!(count(&project.bytes(), THEIRS), 1, "{tools:?}");
        assert!(project.bytes().ends_with(&[&line[..], b"\n"].concat()), "{tools:?}");
        machine.connection.close().await;
    }
}
