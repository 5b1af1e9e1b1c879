//! What of a header there is room for.

/// A part that can be left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// `codex (SSH)`.
    Agent,
    /// The directory.
    Directory,
    /// The branch and how many files changed.
    Branch,
    /// The conversation's id.
    Octet,
    /// The cost.
    Cost,
    /// How full the context is.
    Context,
}

/// What is given up first. All of it stands in the menu, too; what warns goes last.
const GIVEN_UP: [Part; 6] =
    [Part::Directory, Part::Agent, Part::Octet, Part::Cost, Part::Branch, Part::Context];

/// Which parts there is room for beside the name, in their order, and how wide the name is.
///
/// Parts are given up until the name has what it wants; without any it gets what is left, but not less than `least`.
pub(super) fn fit(
    parts: &[(Part, f32)],
    room: f32,
    name: f32,
    least: f32,
    gap: f32,
) -> (Vec<Part>, f32) {
    let mut kept: Vec<(Part, f32)> = parts.to_vec();
    let needs =
        |kept: &[(Part, f32)]| name + kept.iter().map(|(_, width)| width + gap).sum::<f32>();
    for part in GIVEN_UP {
        if needs(&kept) <= room {
            break;
        }
        kept.retain(|(kept, _)| *kept != part);
    }
    let name = name.min(room - (needs(&kept) - name)).max(least.min(name));
    (kept.into_iter().map(|(part, _)| part).collect(), name)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ALL: [(Part, f32); 6] = [
        (Part::Agent, 80.0),
        (Part::Directory, 150.0),
        (Part::Branch, 90.0),
        (Part::Octet, 70.0),
        (Part::Cost, 50.0),
        (Part::Context, 80.0),
    ];

    #[test]
    fn what_there_is_room_for_is_shown_in_its_order() {
        let (kept, name) = fit(&ALL, 2000.0, 150.0, 72.0, 8.0);
        assert_eq!(kept, ALL.map(|(part, _)| part));
        assert!((name - 150.0).abs() < 0.1);
    }

    #[test]
    fn the_directory_goes_first_and_the_context_last() {
        assert!(!fit(&ALL, 700.0, 150.0, 72.0, 8.0).0.contains(&Part::Directory));
        assert_eq!(fit(&ALL, 250.0, 150.0, 72.0, 8.0).0, [Part::Context]);
        let (kept, name) = fit(&ALL, 100.0, 150.0, 72.0, 8.0);
        assert!(kept.is_empty() && (name - 100.0).abs() < 0.1);
    }

    proptest! {
        #[test]
        fn nothing_is_cut_off(room in 80.0..1500.0_f32, name in 20.0..240.0_f32) {
            let (kept, width) = fit(&ALL, room, name, 72.0, 8.0);
            let used: f32 = ALL
                .iter()
                .filter(|(part, _)| kept.contains(part))
                .map(|(_, width)| width + 8.0)
                .sum();
            prop_assert!(used + width <= room.max(72.0) + 0.5);
        }
    }
}
