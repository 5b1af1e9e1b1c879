//! From the first start to the second: a person, a machine, an agent.
