"""The command cube-install: it parses, calls one function, and shows what came out."""
