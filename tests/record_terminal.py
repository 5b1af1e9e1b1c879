#!/usr/bin/env python3
"""Records what programs print to a terminal, for the tests of the engine's own.

Usage: tests/record_terminal.py DIRECTORY [NAME...]

For each recording: NAME.raw is what the program printed to a terminal of 80 columns and 24 lines, NAME.txt what tmux
shows of those bytes: another terminal's opinion, not ours. Wants vim, less and tmux. Nobody answers the programs'
questions here, and they are made to print the same wherever they run.
"""

import os
import pty
import select
import struct
import subprocess
import sys
import fcntl
import tempfile
import termios
import time

COLUMNS, LINES = 80, 24

TEXT = "".join(f"{n:3} the quick brown fox jumps over the lazy dog; 字漢 é e\u0301 {'#' * (n % 30)}\n" for n in range(1, 200))
CODE = "fn main() {\n" + "".join(f'    let x{n} = "{n}"; // {n}\n' for n in range(60)) + "}\n"

REDRAW = (
    b"\x1b[?1049h\x1b[22;0;0t\x1b[1;24r\x1b(B\x1b[m\x1b[4l\x1b[?7h\x1b[?1h\x1b=\x1b[?25l\x1b[H\x1b[2J"
    + b"".join(
        b"\x1b[%d;3H\x1b[36m%d\x1b[39m\x1b[1m[\x1b[m\x1b[32m%s\x1b[31m%s\x1b[90m%s%3d.0%%\x1b[m\x1b[1m]\x1b[m"
        % (cpu + 1, cpu, b"|" * (cpu * 3), b"|" * cpu, b" " * (25 - cpu * 4), cpu * 13)
        for cpu in range(4)
    )
    + b"\x1b[7;1H\x1b[30m\x1b[42m    PID USER      PRI  NI  VIRT   RES   SHR S  CPU%\x1b[30m\x1b[46m MEM%  \x1b[30m\x1b[42m TIME+  Command\x1b[K\x1b[m"
    + b"".join(b"\x1b[%d;1H%7d ada        20   0  %4dM  %3dM     0 S   %d.3  1.0  0:00.%02d \x1b[32m./job\x1b[m --n=%d\x1b[K" % (8 + n, 100 + n, n * 7, n, n, n, n) for n in range(15))
    + b"".join(
        b"\x1b[%d;1H\x1b[30m\x1b[46m%7d ada        20   0 %5dM\x1b[K\x1b[m\x1b[%d;20H\x1b[4X\x1b[%d;70H\x1b[3@abc\x1b[2P" % (8 + n, 900 + n, n, 9 + n, 10 + n)
        for n in range(0, 9, 3)
    )
    + b"\x1b[8;22r\x1b[22;1H\n\n\x1b[8;1H\x1bM\x1b[1;24r\x1b[24;1H\x1b[mF1\x1b[30m\x1b[46mHelp  \x1b[m\x1b(BF10\x1b[30m\x1b[46mQuit\x1b[K\x1b[m"
)

SEQUENCES = (
    # The screen full of E, and a hole in it.
    b"\x1b#8\x1b[3;10H\x1b[60X\x1b[22;10H\x1b[1K\x1b[10;1H\x1b[2K\x1b[12;40H\x1b[K"
    # Wrapping at the last column, and not.
    + b"\x1b[5;76Hwrapped\x1b[?7l\x1b[7;76Hnot wrapped\x1b[?7h"
    # A region, origin mode, lines in and out, both ways over its edges.
    + b"\x1b[13;20r\x1b[?6h\x1b[1;1Htop\x1b[8;1Hbottom\r\n\nlast\x1b[1;1H\x1bM\x1bMnew top\x1b[4;1H\x1b[2L\x1b[6;1H\x1b[1M\x1b[?6l\x1b[r"
    # Characters in and out, insert mode, repeated ones.
    + b"\x1b[1;1H\x1b[2Kabcdef\x1b[1;3H\x1b[2@\x1b[1;8H\x1b[1P\x1b[4h\x1b[1;1H>>\x1b[4l\x1b[1;40Hx\x1b[5b"
    # Stops.
    + b"\x1b[2;1H\x1b[2K\x1b[3g\x1b[2;6H\x1bH\x1b[2;31H\x1bH\x1b[2;1Ha\tb\tc\x1b[Zd"
    # Saved and restored places. (tmux tells letters of the line drawing alphabet as letters, so they aren't here.)
    + b"\x1b[4;1H\x1b[2K\x1b7\x1b[23;70Hthere\x1b8 back"
    # Wide characters, cut at the edge and written over.
    + "\x1b[9;1H\x1b[2K字字字\x1b[9;4Hx\x1b[11;1H\x1b[2K\x1b[11;80H字\x1b[24;1H\x1b[2Ke\u0301ä end".encode()
)

WIDE = (
    # Wrapped at the edge, in the last column, and with marks.
    b"\x1b[2J\x1b[H" + ("字" * 45).encode() + "\r\n".encode() + ("a" + "漢" * 41).encode()
    # Half of one written over, and cleared. (tmux 3.3a leaves the first half of one whose second is written over.)
    + "\x1b[6;1H字字字字\x1b[6;5Hy\x1b[6;8H\x1b[K|".encode()
    + "\x1b[7;1Hab字cd\x1b[7;4H\x1b[1K|".encode()
    # Characters put in, taken out and cleared beside and within them.
    + "\x1b[8;1H字a字b\x1b[8;1H\x1b[2@\x1b[9;1H字a字b\x1b[9;3H\x1b[1P\x1b[10;1H字a字b\x1b[10;3H\x1b[1X".encode()
    + "\x1b[11;1H字a字b\x1b[11;1H\x1b[4hx\x1b[4l".encode()
    # Combining marks on narrow and wide letters, at the beginning of a line, and behind the last column.
    + "\x1b[12;1He\u0301o\u0308字\u0301x\x1b[13;80He\u0301".encode()
    # Emoji of one letter, and tabs and backspaces among them.
    + "\x1b[14;1H👍👎\tx\b\b🎉\x1b[15;1H字\b\b\by\x1b[16;78H👍👍".encode()
    # Scrolled with a region around.
    + "\x1b[18;21r\x1b[21;1H一\r\n二\r\n三\x1b[18;1H\x1bM零\x1b[r\x1b[24;1Hend 字".encode()
)

SCREENS = (
    b"".join(b"line %d\r\n" % n for n in range(1, 30))
    # The other screen, drawn and left, twice; the cursor comes back.
    + b"\x1b[12;20H\x1b[?1049h\x1b[2J\x1b[Hother\x1b[?1049l<back\x1b[?47h\x1b[5;5Hagain\x1b[?47l"
    # Lines in and out within a region. (tmux puts lines in outside of it, too.)
    + b"\x1b[5;9r\x1b[6;1H\x1b[L\x1b[8;1H\x1b[2M\x1b[20;9Hkept\x1b[r"
    # Scrolled up and down by hand, within margins of one line more than it has.
    + b"\x1b[10;14r\x1b[2S\x1b[1T\x1b[14;1Hlast\n\n\x1b[r"
    # Origin mode: places count from the region's, and can't leave it.
    + b"\x1b[15;18r\x1b[?6h\x1b[1;1Hfirst\x1b[99;1Hlowest\x1b[99A^\x1b[?6l\x1b[r"
    # Stops of their own, forwards and backwards, and past the last one.
    + b"\x1b[19;1H\x1b[2K\x1b[3g\x1b[19;11H\x1bH\x1b[19;21H\x1bH\x1b[19;1Ha\tb\tc\td\x1b[2Ze"
    # Moves that stop at the edges.
    + b"\x1b[21;1H\x1b[99Cr\x1b[99D<\x1b[22;40H\x1b[3Eg\x1b[1Fh\x1b[5`i\x1b[24dj\x1b[s\x1b[1;60Hsaved\x1b[uk"
    # Clears, above and below and all of a line.
    + b"\x1b[2;3H\x1b[1J\x1b[23;3H\x1b[0J\x1b[4;1H\x1b[2K"
)


def recorded(argv, steps, files):
    """Runs it, types each step once it has been quiet for a while, and gives all that it printed."""
    with tempfile.TemporaryDirectory() as home:
        for name, text in files.items():
            with open(os.path.join(home, name), "w", encoding="utf-8") as file:
                file.write(text)
        pid, terminal = pty.fork()
        if pid == 0:
            os.chdir(home)
            env = {"PATH": os.environ["PATH"], "HOME": home, "TERM": "xterm-256color", "LC_ALL": "C.UTF-8", "LESSHISTFILE": "-"}
            os.execvpe(argv[0], argv, env)
        fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", LINES, COLUMNS, 0, 0))
        printed = b""
        for step in [b""] + steps:
            os.write(terminal, step)
            quiet = time.monotonic() + 1.5
            while time.monotonic() < quiet:
                if select.select([terminal], [], [], 0.1)[0]:
                    try:
                        printed += os.read(terminal, 65536)
                    except OSError:
                        break
                    quiet = time.monotonic() + 1.5
        os.kill(pid, 9)
        os.close(terminal)
        os.waitpid(pid, 0)
        return printed


def shown(raw):
    """What tmux shows of it."""
    with tempfile.TemporaryDirectory() as place:
        path = os.path.join(place, "raw")
        with open(path, "wb") as file:
            file.write(raw)
        tmux = ["tmux", "-u", "-S", os.path.join(place, "socket"), "-f", "/dev/null"]
        env = {"PATH": os.environ["PATH"], "TERM": "xterm-256color", "LC_ALL": "C.UTF-8", "HOME": place}
        subprocess.run(
            tmux + ["new-session", "-d", "-x", str(COLUMNS), "-y", str(LINES), f"stty raw -echo; cat {path}; sleep 60"],
            check=True, env=env,
        )
        subprocess.run(tmux + ["set", "-g", "status", "off"], check=True, env=env)
        try:
            before = None
            while True:
                time.sleep(0.5)
                text = subprocess.run(tmux + ["capture-pane", "-p"], check=True, env=env, capture_output=True).stdout
                if text == before and text.strip():
                    break
                before = text
        finally:
            subprocess.run(tmux + ["kill-server"], check=False, env=env)
    lines = [line.rstrip() for line in text.decode().split("\n")]
    while lines and not lines[-1]:
        lines.pop()
    return "\n".join(lines) + "\n"


def main():
    into, wanted = sys.argv[1], sys.argv[2:]
    vim = ["vim", "-u", "NONE", "-i", "NONE", "-N", "--cmd", "syntax on", "--cmd", "set number ruler notitle", "main.rs"]
    recordings = {
        "vim": recorded(vim, [b"20j", b"Onew line\x1b", b"dd", b":split\r", b"/x4\r", b"5x", b"v3e", b"\x1bGu"], {"main.rs": CODE}),
        "less": recorded(["less", "-N", "text"], [b" ", b"/lazy\r", b"n", b"b", b"10j", b"-S\r", b"G"], {"text": TEXT}),
        "redraw": REDRAW,
        "sequences": SEQUENCES,
        "wide": WIDE,
        "screens": SCREENS,
    }
    for name, raw in recordings.items():
        if wanted and name not in wanted:
            continue
        with open(os.path.join(into, f"{name}.raw"), "wb") as file:
            file.write(raw)
        with open(os.path.join(into, f"{name}.txt"), "w", encoding="utf-8") as file:
            file.write(shown(raw))


main()
