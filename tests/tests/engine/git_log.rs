//! Commits and branches, as front ends list them.

use orchestrator::failure::Code;
use orchestrator::git::graph;
use orchestrator::seam::{GitBranches, GitLog, GitQuery, GitReply};

use crate::git_bed::{Repo, Way, here, ways};

/// The query for the last hundred.
fn all_of(repo: &Repo, way: &Way) -> GitQuery {
    GitQuery::Log {
        at: repo.at(way.host),
        revision: None,
        all: false,
        path: None,
        containing: None,
        skip: 0,
        limit: 100,
    }
}

impl Way {
    async fn log(&self, query: GitQuery) -> GitLog {
        match self.desk.git(query).await.unwrap() {
            GitReply::Log(log) => log,
            other => panic!("{other:?}"),
        }
    }

    async fn branches(&self, repo: &Repo) -> GitBranches {
        match self.desk.git(GitQuery::Branches { at: repo.at(self.host) }).await.unwrap() {
            GitReply::Branches(branches) => branches,
            other => panic!("{other:?}"),
        }
    }
}

/// Two branches, one of them merged; a tag; messages of every kind.
fn history() -> Repo {
    let repo = Repo::with("a\n");
    repo.git(&["tag", "v1"]);
    repo.git(&["checkout", "-q", "-b", "side"]);
    repo.write("side", "x");
    repo.commit("on the side\n\nwith a body, \"quotes\"\nand two lines\n");
    repo.git(&["checkout", "-q", "main"]);
    repo.write("main", "x");
    repo.commit("größer");
    repo.git(&["merge", "-q", "--no-ff", "-m", "merged", "side"]);
    repo.git(&["checkout", "-q", "-b", "ahead"]);
    repo.commit("only ahead");
    repo.git(&["checkout", "-q", "main"]);
    repo
}

#[tokio::test(flavor = "multi_thread")]
async fn commits_are_told_with_their_refs_and_branches_with_what_they_follow() {
    for way in ways().await {
        let repo = history();
        let name = way.name;
        let log = way.log(all_of(&repo, &way)).await;
        let ids: Vec<&str> = log.commits.iter().map(|commit| &*commit.id).collect();
        let wanted = repo.git(&["log", "--topo-order", "--format=%H"]);
        assert_eq!(ids, wanted.lines().collect::<Vec<_>>(), "{name}");
        let [merged, ..] = log.commits.as_slice() else { panic!() };
        assert_eq!(
            (merged.parents.len(), merged.head, &merged.refs[..]),
            (2, true, &["main".to_owned()][..]),
            "{name}"
        );
        assert_eq!((&*merged.author, &*merged.email), ("Ada", "ada@example.org"), "{name}");
        let side = log.commits.iter().find(|commit| commit.subject == "on the side").unwrap();
        assert_eq!(side.body, "with a body, \"quotes\"\nand two lines", "{name}");
        assert_eq!(log.commits.last().unwrap().refs, ["v1"], "{name}");
        let rows = graph(&log.commits);
        assert_eq!((rows.len(), &rows[0].below[..]), (4, &[0, 1][..]), "{name}");

        let url = repo.path().display().to_string();
        let clone = Repo::new();
        clone.git(&["remote", "add", "origin", &url]);
        clone.git(&["fetch", "-q"]);
        clone.git(&["checkout", "-q", "-B", "main", "origin/main"]);
        clone.git(&["branch", "-q", "--track", "gone", "origin/ahead"]);
        clone.git(&["update-ref", "-d", "refs/remotes/origin/ahead"]);
        clone.commit("mine");
        let told = way.branches(&clone).await;
        let names: Vec<&str> = told.branches.iter().map(|branch| &*branch.name).collect();
        assert_eq!(names.len(), 4, "{name}: {told:#?}");
        let main = told.branches.iter().find(|branch| branch.name == "main").unwrap();
        assert!(main.current && main.worktree == Some(clone.top()), "{name}: {main:#?}");
        assert_eq!(
            (main.ahead_behind, main.upstream.as_deref()),
            (Some((1, 0)), Some("origin/main")),
            "{name}"
        );
        let gone = told.branches.iter().find(|branch| branch.name == "gone").unwrap();
        assert!(gone.gone && gone.ahead_behind.is_none(), "{name}");
        assert!(
            told.branches[..2].iter().all(|branch| !branch.remote) && told.branches[2].remote,
            "{name}"
        );
        assert_eq!(
            (told.default.as_deref(), told.tags),
            (Some("main"), vec!["v1".to_owned()]),
            "{name}"
        );
        way.desk.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_is_read_in_parts_and_by_path_text_and_branch() {
    let way = here().await;
    let repo = history();
    let subjects = async |change: &dyn Fn(&mut GitQuery)| {
        let mut query = all_of(&repo, &way);
        change(&mut query);
        let log = way.log(query).await;
        (log.commits.into_iter().map(|commit| commit.subject).collect::<Vec<_>>(), log.more)
    };
    let first = subjects(&|query| {
        if let GitQuery::Log { limit, .. } = query {
            *limit = 2;
        }
    });
    let (first, more) = first.await;
    assert!(more && first.len() == 2);
    let rest = subjects(&|query| {
        if let GitQuery::Log { skip, .. } = query {
            *skip = 2;
        }
    });
    let (rest, more) = rest.await;
    assert!(!more && rest.len() == 2 && !rest.iter().any(|subject| first.contains(subject)));
    let side = subjects(&|query| {
        if let GitQuery::Log { path, .. } = query {
            *path = Some("side".into());
        }
    });
    assert_eq!(side.await.0, ["on the side"]);
    let found = subjects(&|query| {
        if let GitQuery::Log { containing, .. } = query {
            *containing = Some("TWO lines".into());
        }
    });
    assert_eq!(found.await.0, ["on the side"]);
    let ahead = subjects(&|query| {
        if let GitQuery::Log { revision, .. } = query {
            *revision = Some("ahead".into());
        }
    });
    assert_eq!(ahead.await.0.len(), 5);
    // A branch is meant, and not a tag of its name.
    repo.git(&["tag", "ahead", "v1"]);
    let ahead = subjects(&|query| {
        if let GitQuery::Log { revision, .. } = query {
            *revision = Some("ahead".into());
        }
    });
    assert_eq!(ahead.await.0.len(), 5);
    let all = subjects(&|query| {
        if let GitQuery::Log { all, .. } = query {
            *all = true;
        }
    });
    assert_eq!(all.await.0.len(), 5);
    let mut nobody = all_of(&repo, &way);
    if let GitQuery::Log { revision, .. } = &mut nobody {
        *revision = Some("nobody".into());
    }
    assert_eq!(way.desk.git(nobody).await.unwrap_err().code, Code::NotFound);
    let fresh = Repo::new();
    assert_eq!(way.log(all_of(&fresh, &way)).await, GitLog::default());
    assert_eq!(way.branches(&fresh).await, GitBranches::default());
    way.desk.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broken_repository_is_not_taken_for_an_empty_one() {
    for way in ways().await {
        let unborn = Repo::new();
        assert!(way.log(all_of(&unborn, &way)).await.commits.is_empty());
        let repo = Repo::with("a\n");
        let head = repo.git(&["rev-parse", "HEAD"]);
        let (folder, file) = head.trim().split_at(2);
        std::fs::remove_file(repo.file(&format!(".git/objects/{folder}/{file}"))).unwrap();
        let failure = way.desk.git(all_of(&repo, &way)).await.unwrap_err();
        assert_eq!(failure.code, Code::Corrupt, "{}: {failure:?}", way.name);
        assert!(failure.hint.unwrap().contains("git fsck"), "{}", way.name);
    }
}
