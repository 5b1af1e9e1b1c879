//! `baton`: the command line.

fn main() {}
