"""The daily series of Johns Hopkins CSSE become each member's own reports; totals are checked against the files."""
