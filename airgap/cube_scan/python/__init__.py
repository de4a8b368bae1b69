"""Images in Python source, told from its syntax tree; nothing is ever executed."""
