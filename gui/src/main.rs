//! `baton-gui`: the window.

fn main() {}
