"""Writing a bundle: to final offsets, journaled, and resumed after any interruption."""
