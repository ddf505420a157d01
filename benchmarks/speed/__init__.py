"""How long things take, as a ratio to a peer or to what the memory allows in the same run."""
