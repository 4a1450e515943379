"""What looks at a fleet by a configuration: its parts, the jobs of its entries, its rounds, and what changes it."""
