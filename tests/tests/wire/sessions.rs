//! Servers that limit the sessions of a connection.

use baton_tests::TestSshd;
use orchestrator::transport::TransportError;

use crate::support::{native, openssh, sh};

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_starts_nothing_at_all_is_not_asked_for_ever() {
    for reach in [openssh, native] {
        let host = reach(TestSshd::builder().max_sessions(0).start());
        let refused = host.connection.start(&sh("true")).await.unwrap_err();
        assert!(matches!(refused, TransportError::Unsupported { .. }), "{refused:?}");
        assert!(host.connection.links() <= 3, "{}", host.connection.links());
        host.connection.close().await;
    }
}
