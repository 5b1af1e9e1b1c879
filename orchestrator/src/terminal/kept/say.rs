//! What tmux is told in control mode: lines of commands.

use crate::transport::TerminalSize;

/// Bytes of input in one line.
pub(super) const MOST_KEYS: usize = 1000;

/// How tmux is to talk to us, once for each client: output that waits for longer than 2 s is left out, and drawn anew.
pub(super) fn set_up(size: TerminalSize) -> String {
    format!("refresh-client -f pause-after=2\n{}", resize(size))
}

/// Another size.
pub(super) fn resize(size: TerminalSize) -> String {
    format!("refresh-client -C {},{}\n", size.columns, size.rows)
}

/// Input, as it is, and its number: what was carried out before a cut is known by it.
pub(super) fn keys(bytes: &[u8], number: u64) -> String {
    let mut line = String::with_capacity(bytes.len() * 3 + 64);
    line.push_str("send-keys -t %0 -H");
    for byte in bytes {
        line.push_str(&format!(" {byte:02x}"));
    }
    line.push_str(&format!(" ; set-option -p -t %0 @baton-in {number}\n"));
    line
}

/// Goes on with output that was left out. Without quotes tmux's parser takes `%0:` for no word (3.3a).
pub(super) fn go_on() -> &'static str {
    "refresh-client -A '%0:continue'\n"
}

/// How the shell is.
pub(super) fn check() -> &'static str {
    "display-message -p -t %0 'baton check #{@baton-in}|#{pane_dead}|#{pane_dead_status}|#{pane_dead_signal}|#{pane_pid}|#{pane_current_path}'\n"
}

/// Where its socket is.
pub(super) fn socket() -> &'static str {
    "display-message -p 'baton socket #{socket_path}'\n"
}

/// Makes it look at its children: one that ends tells it of all that have (tmux 3.3a misses some by themselves).
pub(super) fn wake() -> &'static str {
    "run-shell -b true\n"
}

/// Keeps output for itself: it is looked at instead.
pub(super) fn hold() -> &'static str {
    "refresh-client -A '%0:pause'\n"
}

/// All that is shown, in five blocks: the modes, what was scrolled away, what is behind the full screen, what is in sight,
/// and the beginning of a sequence that isn't over. What programs have written stands between blocks with `word` alone, the
/// last of which comes also when one of the others fails.
pub(super) fn snapshot(word: &str) -> String {
    shot(word, "shot", "capture-pane -p -e -J -t %0 -S -50000 -E -1")
}

/// The same without what was scrolled away.
pub(super) fn glimpse(word: &str) -> String {
    shot(word, "glimpse", "display-message -p ''")
}

fn shot(word: &str, kind: &str, above: &str) -> String {
    let border = format!("display-message -p '{word}'");
    format!(
        "display-message -p -t %0 '{word} {kind} #{{@baton-in}}|#{{history_size}}|#{{pane_height}}|#{{alternate_on}}|#{{alternate_saved_x}}|\
#{{alternate_saved_y}}|#{{cursor_x}}|#{{cursor_y}}|#{{cursor_flag}}|#{{insert_flag}}|#{{keypad_cursor_flag}}|#{{keypad_flag}}|#{{origin_flag}}|\
#{{wrap_flag}}|#{{scroll_region_upper}}|#{{scroll_region_lower}}|#{{mouse_standard_flag}}|#{{mouse_button_flag}}|#{{mouse_all_flag}}|\
#{{mouse_sgr_flag}}|#{{mouse_utf8_flag}}|#{{bracket_paste_flag}}' ; {above} ; {border} ; \
capture-pane -p -e -J -q -a -t %0 ; {border} ; capture-pane -p -e -J -t %0 ; {border} ; capture-pane -p -P -C -t %0\n{border}\n"
    )
}

/// Ends it all; tmux would leave its socket behind. In one command: of two, the second is dropped with a client that is cut
/// between them, and nobody finds a server without a socket. tmux isn't asked to end: it would wait until a client has got what
/// a pane that is gone has printed, which may never be (3.3a, control.c, `control_all_done`).
pub(super) fn end() -> &'static str {
    "run-shell -b 'rm -f -- #{q:socket_path}; kill -KILL #{pid}'\n"
}
