"""Everything that can write to the fleet. Read-only is enforced here, not in the keys."""
