"""The Kubernetes API as the installer needs it: objects go out and come back as they are."""
