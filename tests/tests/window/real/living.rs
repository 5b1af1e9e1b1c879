//! What the window costs while nothing happens.
