//! Baton's window.
