"""What the body of a health endpoint says."""
