"""What is kept of a session: the arrangement of views, choices, where one has been."""
