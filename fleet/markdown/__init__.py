"""Plans in Markdown, read: outline, task lists, what a document says of itself."""
