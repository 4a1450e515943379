"""Why something is red: a ladder from what is shown, step by step down to what is known of its agents. Pure."""
