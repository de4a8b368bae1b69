"""Making the self-contained cube-install: one file that runs where there is no Python."""
