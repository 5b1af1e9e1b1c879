//! Whatever others do to the files, the truth is what is followed in the end.

use proptest::prelude::*;

use super::model::{Deed, Follower, Model, entries, entry, large};

/// What somebody does to one file.
#[derive(Clone, Debug)]
enum Act {
    /// Entries are added.
    Append(usize),
    Large(usize),
    /// Something that is no entry is added.
    Garbage(u8),
    /// A part of an entry is added, and later the rest.
    Torn(usize),
    Complete,
    /// The whole file is written anew with one more entry; it is seen when so much of it is there (in 256ths).
    Maestro(u8),
    /// The first lines go, in place or by another file.
    Trim {
        lines: usize,
        in_place: bool,
    },
    Replace(usize),
    Remove,
}

#[derive(Clone, Debug)]
struct Turn {
    file: u8,
    act: Act,
    is_while_reading: bool,
    looks: u8,
    restarts: bool,
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        6 => (1..6_usize).prop_map(Act::Append),
        2 => (100..20_000_usize).prop_map(Act::Large),
        1 => any::<u8>().prop_map(Act::Garbage),
        2 => (1..100_usize).prop_map(Act::Torn),
        2 => Just(Act::Complete),
        3 => any::<u8>().prop_map(Act::Maestro),
        2 => (1..5_usize, any::<bool>()).prop_map(|(lines, in_place)| Act::Trim { lines, in_place }),
        1 => (0..6_usize).prop_map(Act::Replace),
        1 => Just(Act::Remove),
    ]
}

fn turn() -> impl Strategy<Value = Turn> {
    (0..3_u8, act(), any::<u8>(), 0..4_u8, any::<u8>()).prop_map(
        |(file, act, reading, looks, restarts)| Turn {
            file,
            act,
            is_while_reading: reading < 40,
            looks,
            restarts: restarts < 20,
        },
    )
}

/// Everybody who writes, and what they have not finished.
#[derive(Default)]
struct World {
    model: Model,
    next: usize,
    rest: std::collections::BTreeMap<String, Vec<u8>>,
}

impl World {
    fn new_ids(&mut self, count: usize) -> std::ops::Range<usize> {
        let from = self.next;
        self.next += count;
        from..self.next
    }

    fn content(&self, name: &str) -> Vec<u8> {
        self.model.lock().files.get(name).map(|content| content.bytes.clone()).unwrap_or_default()
    }

    /// What is to be done one after the other; between two deeds somebody may look.
    fn deeds(&mut self, name: &str, act: &Act) -> Vec<Deed> {
        let name = name.to_owned();
        let content = self.content(&name);
        match act {
            Act::Append(count) => vec![Deed::Append(name, entries(self.new_ids(*count)))],
            Act::Large(bytes) => {
                let id = format!("e{}", self.new_ids(1).start);
                vec![Deed::Append(name, large(&id, *bytes))]
            }
            Act::Garbage(kind) => {
                let garbage = [&b"42\n"[..], b"\n\n", b"{}\r\n", b"\xFF\n", b" \r\n", b"{\n"];
                vec![Deed::Append(name, garbage[usize::from(*kind) % garbage.len()].to_vec())]
            }
            Act::Torn(at) => {
                let line = entry(&format!("e{}", self.new_ids(1).start));
                let at = (*at).min(line.len());
                self.rest.insert(name.clone(), line[at..].to_vec());
                vec![Deed::Append(name, line[..at].to_vec())]
            }
            Act::Complete => {
                let rest = self.rest.remove(&name).unwrap_or_else(|| b"\n".to_vec());
                vec![Deed::Append(name, rest)]
            }
            Act::Maestro(part) => {
                let new = [content, entries(self.new_ids(1))].concat();
                let halfway = new[..new.len() * usize::from(*part) / 256].to_vec();
                vec![
                    Deed::Rewrite(name.clone(), Vec::new()),
                    Deed::Rewrite(name.clone(), halfway),
                    Deed::Rewrite(name, new),
                ]
            }
            Act::Trim { lines, in_place } => {
                let kept: Vec<u8> = content
                    .split_inclusive(|byte| *byte == b'\n')
                    .skip(*lines)
                    .flatten()
                    .copied()
                    .collect();
                vec![if *in_place { Deed::Rewrite(name, kept) } else { Deed::Replace(name, kept) }]
            }
            Act::Replace(count) => vec![Deed::Replace(name, entries(self.new_ids(*count)))],
            Act::Remove => vec![Deed::Remove(name)],
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn whatever_others_do_what_is_followed_is_the_truth_in_the_end(
        turns in prop::collection::vec(turn(), 1..25),
        limit in prop::sample::select(vec![1, 2, 5, 1000]),
        most in prop::sample::select(vec![0, 300, 1 << 20]),
        is_terse in any::<bool>(),
    ) {
        let mut world = World { model: Model { is_terse, ..Model::default() }, ..World::default() };
        let mut follower = Follower::new(limit, most);
        for turn in turns {
            let name = format!("history-{}.jsonl", turn.file);
            for deed in world.deeds(&name, &turn.act) {
                if turn.is_while_reading && turn.looks > 0 {
                    world.model.lock().before_read = Some(deed);
                    follower.refresh(&world.model);
                    // Nobody has read: it happens now.
                    let left = world.model.lock().before_read.take();
                    if let Some(deed) = left {
                        world.model.apply(deed);
                    }
                } else {
                    world.model.apply(deed);
                }
                for _ in 0..turn.looks {
                    follower.refresh(&world.model);
                }
            }
            if turn.restarts {
                follower.restart();
            }
        }
        if is_terse {
            // A shell says nothing of a file that has its old size; it is noticed with the next entry.
            let names: Vec<String> = world.model.lock().files.keys().cloned().collect();
            for name in names {
                let last = large(&format!("e{}", world.new_ids(1).start), 25_000);
                world.model.apply(Deed::Append(name, [&b"\n"[..], &last].concat()));
            }
        }
        follower.settle(&world.model);
        prop_assert_eq!(&follower.lines, &world.model.truth(limit));
        let (looks, reads) = world.model.counts();
        prop_assert!(follower.refresh(&world.model).changes.is_empty());
        prop_assert_eq!(world.model.counts(), (looks + 1, reads));
    }
}
