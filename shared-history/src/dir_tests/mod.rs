mod bed;
mod crash;
mod many;
mod promises;
mod refusal;
