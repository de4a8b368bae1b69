"""What was applied to a cluster, by which bundle, and how far that came: kept in the cluster."""
