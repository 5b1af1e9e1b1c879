//! What the person's ssh configuration says: which aliases it lists, and what `ssh -G` makes of one.

use std::path::{Path, PathBuf};

/// placeholder until the enumerator is merged
pub fn texts_of(files: &[PathBuf], text: &str, _home: &Path) -> Vec<String> {
    let mut texts = vec![text.to_owned()];
    texts.extend(files.iter().filter_map(|f| std::fs::read_to_string(f).ok()));
    texts
}
