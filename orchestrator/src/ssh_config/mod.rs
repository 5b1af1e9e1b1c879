//! What the person's ssh configuration says: which aliases it lists, and what `ssh -G` makes of one.
