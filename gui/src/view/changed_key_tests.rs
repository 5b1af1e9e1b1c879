use egui::Role;
use egui_kittest::kittest::Queryable;

use super::*;
use crate::testing::harness;

#[test]
fn a_changed_key_says_what_to_do_and_offers_no_way_past_it() {
    let failure =
        Failure::new(Code::HostKeyChanged, "gpu shows another key than the one on record")
            .hint("Only then remove the old key: `ssh-keygen -R gpu`")
            .on("gpu");
    assert!(is_changed_key(&failure));
    let mut window = harness(None, move |ui, act: &mut Option<ChangedKeyAct>| {
        *act = act.or(changed_key(ui.ctx(), &failure, &Hosts::default()));
    });
    window.run();
    window.get_by_role_and_label(Role::Button, "Copy ssh-keygen -R gpu").click();
    let mut copied = false;
    for _ in 0..5 {
        window.step();
        copied |= window.output().platform_output.commands.iter().any(|command| {
            matches!(command, egui::OutputCommand::CopyText(text) if text == "ssh-keygen -R gpu")
        });
    }
    assert!(copied);
    for way_past in ["anyway", "Trust", "Connect", "Ignore"] {
        assert!(window.query_by_label_contains(way_past).is_none(), "{way_past}");
    }
    window.get_by_role_and_label(Role::Button, "I have removed the old key, try again").click();
    window.run();
    assert_eq!(*window.state(), Some(ChangedKeyAct::Retry));
}
