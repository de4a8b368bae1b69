"""The platform's database, asked from outside the cluster: which images users' rows name."""
