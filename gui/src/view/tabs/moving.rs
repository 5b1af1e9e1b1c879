//! The order of tabs: what a drag or a step means.

use egui::{Response, Stroke, Ui};
use orchestrator::seam::TabId;

use super::TabsAct;
use crate::theme::{Theme, space};

/// The tab that is dragged.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Dragged(TabId);

/// Where a tab goes that moves one place among those that are open: right before that one, or behind all (`None`).
/// Nothing where there is no such place.
pub fn stepped(open: &[TabId], tab: &TabId, right: bool) -> Option<Option<TabId>> {
    let at = open.iter().position(|known| known == tab)?;
    if right {
        open.get(at + 1)?;
        Some(open.get(at + 2).cloned())
    } else {
        open.get(at.checked_sub(1)?).map(|before| Some(before.clone()))
    }
}

/// Where a tab goes that is dropped on another one, or on the half of it that is farther right: as [`stepped`] says it.
/// Nothing where it is there already.
fn dropped(open: &[TabId], tab: &TabId, on: &TabId, behind: bool) -> Option<Option<TabId>> {
    let own = open.iter().position(|known| known == tab)?;
    let on = open.iter().position(|known| known == on)?;
    let target = on + usize::from(behind);
    // In front of itself and behind itself it stands already.
    (target != own && target != own + 1).then(|| open.get(target).cloned())
}

/// Lets a tab be dragged, shows where it would go, and says where it was dropped.
pub(super) fn drag(
    ui: &Ui,
    response: &Response,
    tab: &TabId,
    open: &[TabId],
    acts: &mut Vec<TabsAct>,
) {
    response.dnd_set_drag_payload(Dragged(tab.clone()));
    let Some(dragged) = response.dnd_hover_payload::<Dragged>() else { return };
    let rect = response.rect;
    let pointer = ui.input(|input| input.pointer.latest_pos());
    let behind = pointer.is_some_and(|at| at.x > rect.center().x);
    let Some(before) = dropped(open, &dragged.0, tab, behind) else { return };
    let x = if behind { rect.right() } else { rect.left() };
    let stroke = Stroke::new(2.0, Theme::get(ui.ctx()).accent);
    ui.painter().vline(x, rect.y_range().shrink(space::XS / 2.0), stroke);
    if response.dnd_release_payload::<Dragged>().is_some() {
        acts.push(TabsAct::Move { tab: dragged.0.clone(), before });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(id: &str) -> TabId {
        TabId::new(id)
    }

    #[test]
    fn a_step_leads_past_one_neighbour_and_not_over_the_edge() {
        let open = [id("a"), id("b"), id("c")];
        assert_eq!(stepped(&open, &id("a"), true), Some(Some(id("c"))));
        assert_eq!(stepped(&open, &id("b"), true), Some(None));
        assert_eq!(stepped(&open, &id("c"), true), None);
        assert_eq!(stepped(&open, &id("c"), false), Some(Some(id("b"))));
        assert_eq!(stepped(&open, &id("a"), false), None);
        assert_eq!(stepped(&open, &id("x"), false), None);
    }

    #[test]
    fn a_tab_that_is_dropped_beside_itself_stays() {
        let open = [id("a"), id("b"), id("c")];
        let drop = |tab: &str, on: &str, behind| dropped(&open, &id(tab), &id(on), behind);
        assert_eq!(drop("a", "a", false), None);
        assert_eq!(drop("a", "a", true), None);
        assert_eq!(drop("a", "b", false), None);
        assert_eq!(drop("a", "b", true), Some(Some(id("c"))));
        assert_eq!(drop("a", "c", true), Some(None));
        assert_eq!(drop("c", "b", true), None);
        assert_eq!(drop("c", "a", false), Some(Some(id("a"))));
    }
}
