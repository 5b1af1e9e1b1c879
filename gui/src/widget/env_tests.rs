use egui::Role;
use egui_kittest::kittest::Queryable;
use proptest::prelude::*;

use super::*;
use crate::testing::harness;

fn names(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

#[test]
fn lines_that_are_pasted_into_a_name_become_rows() {
    let mut window = harness(EnvRows::default(), |ui, rows| rows.ui(ui, "env"));
    window.run();
    window.get_by_role_and_label(Role::Button, "Add variable").click();
    window.run();
    window.event(egui::Event::Paste("export A=1\n# why\nB=\"two words\"\n".into()));
    window.run();
    let values = window.state().values();
    assert_eq!(values.get("A").map(String::as_str), Some("1"));
    assert_eq!(values.get("B").map(String::as_str), Some("two words"));
    assert_eq!(values.len(), 2);
}

#[test]
fn a_value_of_several_lines_keeps_them() {
    let mut window = harness(EnvRows::default(), |ui, rows| rows.ui(ui, "env"));
    window.state_mut().add("KEY".into(), String::new(), false);
    window.run();
    window.get_by_label("Value of variable 1").focus();
    window.run();
    window.event(egui::Event::Paste("-----BEGIN-----\nabc\n-----END-----\n".into()));
    window.run();
    assert_eq!(window.state().values()["KEY"], "-----BEGIN-----\nabc\n-----END-----");
}

#[test]
fn values_are_hidden_until_somebody_wants_to_see_them() {
    let rows = EnvRows::of_values(&BTreeMap::from([("API_KEY".into(), "s3cret".into())]));
    assert!(!format!("{rows:?}").contains("s3cret"));
    let mut window = harness(rows, |ui, rows| rows.ui(ui, "env"));
    window.run();
    window.get_by_role_and_label(Role::PasswordInput, "Value of variable 1");
    window.get_by_role_and_label(Role::CheckBox, "Show values").click();
    window.run();
    window.get_by_role_and_label(Role::TextInput, "Value of variable 1");
}

#[test]
fn a_row_can_be_taken_away_and_a_stored_value_stays_unless_it_is_typed() {
    let mut window =
        harness(EnvRows::of_names(&names(&["A", "B", "C"])), |ui, rows| rows.ui(ui, "e"));
    window.run();
    assert!(window.state().changes().is_empty());
    window.get_by_role_and_label(Role::Button, "Remove B").click();
    window.get_by_label("Value of variable 3").focus();
    window.run();
    window.get_by_label("Value of variable 2").type_text("new");
    window.run();
    let changes = window.state().changes();
    assert_eq!(changes, BTreeMap::from([("B".into(), None), ("C".into(), Some("new".into()))]));
}

#[test]
fn a_stored_variable_that_is_renamed_needs_a_value() {
    let mut rows = EnvRows::of_names(&names(&["A"]));
    rows.rows[0].name = "Z".into();
    assert_eq!(rows.fault().as_deref(), Some("Z has no value yet"));
    rows.rows[0].value = "1".into();
    assert_eq!(rows.fault(), None);
    let changes = rows.changes();
    assert_eq!(changes, BTreeMap::from([("A".into(), None), ("Z".into(), Some("1".into()))]));
}

#[test]
fn what_is_wrong_with_a_row_stands_below_it() {
    let mut rows = EnvRows::default();
    rows.add("1X".into(), "a".into(), false);
    rows.add("A".into(), "a".into(), false);
    rows.add("A".into(), "b".into(), false);
    rows.add(String::new(), "c".into(), false);
    let mut window = harness(rows, |ui, rows| rows.ui(ui, "env"));
    window.run();
    window.get_by_label("1X can't be a name: letters, digits and _, no digit first");
    window.get_by_label("A stands here twice");
    window.get_by_label("a value without a name");
}

proptest! {
    #[test]
    fn whatever_is_pasted_gives_names_or_nothing(text in any::<String>()) {
        for (name, _) in pairs(&text).unwrap_or_default() {
            prop_assert!(is_env_name(&name));
        }
    }
}
