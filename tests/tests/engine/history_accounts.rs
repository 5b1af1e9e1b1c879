//! Two people with accounts of their own on one machine, at work on one project.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;

use baton_tests::{LoginShells, TestSshd};
use orchestrator::seam::HistoryScope;

use crate::desk::Laptop;
use crate::history_bed::summaries;

#[tokio::test(flavor = "multi_thread")]
async fn two_accounts_share_a_project_that_both_may_write() {
    let sshd = TestSshd::builder().login_shells(LoginShells::usable()).start();
    let project = tempfile::tempdir().unwrap();
    // As a directory is that its people share; a group would take accounts of one.
    fs::set_permissions(project.path(), Permissions::from_mode(0o777)).unwrap();
    let laptop = |account: &str, name: &str| {
        let config = sshd.write_client_config_as(account, "box", &[]);
        let mut laptop = Laptop::over(config, "openssh");
        laptop.history.hostname = name.into();
        laptop
    };
    let (book, pc) = (laptop("bash", "ada-book"), laptop("dash", "stephan"));
    let (ada, stephan) = (book.engine().await, pc.engine().await);
    let cwd = Some(project.path().display().to_string());
    let scope = HistoryScope::Project { host: "box".into(), cwd };
    let (mut at_ada, mut at_stephan) =
        (ada.look(scope.clone()).await, stephan.look(scope.clone()).await);
    for round in 0..2 {
        ada.add(scope.clone(), &format!("Ada's {round}")).await.unwrap();
        at_stephan.until_summary(&format!("Ada's {round}")).await;
        stephan.add(scope.clone(), &format!("Stephan's {round}")).await.unwrap();
        at_ada.until_summary(&format!("Stephan's {round}")).await;
    }
    assert_eq!((ada.outbox().await, stephan.outbox().await), (vec![], vec![]));
    assert_eq!(summaries(&ada.history(scope.clone()).await).len(), 4);
    let shared = project.path().join(".maestro/history");
    for dir in [project.path().join(".maestro"), shared] {
        assert_eq!(fs::metadata(&dir).unwrap().permissions().mode() & 0o777, 0o777, "{dir:?}");
    }
    drop((at_ada, at_stephan));
    ada.stop().await;
    stephan.stop().await;
}
