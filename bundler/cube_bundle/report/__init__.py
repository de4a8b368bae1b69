"""The report: a scan or a bundle as one page for people."""
