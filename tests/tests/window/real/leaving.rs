//! However the program ends, nothing is lost.

use std::fs;

use baton_tests::{AgentHost, until};

use super::account::Account;
