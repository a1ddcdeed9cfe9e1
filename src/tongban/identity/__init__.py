"""People, staff and posts, assurance, mandates."""
