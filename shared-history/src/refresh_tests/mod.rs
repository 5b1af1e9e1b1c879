mod model;
mod promises;
mod random;
