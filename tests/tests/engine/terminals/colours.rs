//! Programs that ask which colours the terminal has: vim and others choose their own by them.

use orchestrator::terminal::Screen;
use orchestrator::terminal::screen::{Palette, Printed};

use super::*;

/// Asks as vim does, and prints the answer without its first byte.
const ASKS: &str = "stty raw -echo min 24 time 30; printf '\\033]11;?\\007'; got=$(dd bs=24 count=1 2>/dev/null); \
    stty sane -echo; echo \"got <${got#?}>\"\r";

on_every_way! {
    async fn a_program_that_asks_for_a_colour_is_told_the_views(way: Way) {
        let bed = Bed::of(way);
        let desk = bed.laptop.engine().await;
        for keep in [true, false] {
            let mut window = bed.open(&desk, keep).await;
            window.to_answer.clear();
            window.type_(&desk, ASKS).await;
            window
                .until("the question", |window| {
                    window.to_answer.windows(7).any(|part| part == b"\x1b]11;?\x07")
                })
                .await;
            let mut screen = Screen::new(80, 24);
            screen.set_palette(Palette { background: [0x12, 0x34, 0x56], ..Palette::default() });
            screen.feed_as(&window.to_answer, Printed::NOW);
            let answer = screen.take_answers();
            window.send(&desk, &answer).await;
            window.shows("got <]11;rgb:1212/3434/5656\x07>").await;
            if keep {
                assert_eq!(window.to_answer, b"\x1b]11;?\x07", "tmux answers everything else");
            }
            window.close(&desk).await;
        }
        desk.stop().await;
    }
}
