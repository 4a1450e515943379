"""How much one template may cost. A template that goes over ends with an error that names the limit."""

TEMPLATE_CHARS = 64 * 1024
"""Characters of a template."""
OUTPUT_CHARS = 64 * 1024
"""Characters of what it gives, and of every text on the way."""
STEPS = 50_000
"""Nodes that are executed: actions, iterations, calls."""
DEPTH = 100
"""Nesting of parentheses and of blocks, and templates that call templates."""
QUERIES = 100
"""Queries of one expansion."""
SAMPLES = 50_000
"""Elements of the answer to a query."""
