"""Series in memory for rules, SLOs, gates and queries: only what they ask for, as far back as they look. Pure."""
