"""Rules, expressions, objectives and gates that are broken, or made to cost too much."""
