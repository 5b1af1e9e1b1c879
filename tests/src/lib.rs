//! The test bed: real parts, started by the tests themselves, gone on drop.
