"""The command cube-bundle: it parses, calls one function, and shows what came out."""
