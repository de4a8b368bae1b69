"""What both commands share to show things to a person or a machine."""
