"""The page that says why something is red."""
