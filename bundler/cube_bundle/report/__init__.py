"""The report as one page: what is in, why, from where, how large, and what is shared."""
