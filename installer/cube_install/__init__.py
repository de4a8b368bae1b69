"""The disconnected side: reads the bundle (command `cube-install`)."""
