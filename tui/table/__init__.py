"""The one table of the project: rows in order under a cursor, columns in their places, cells drawn as strips."""
