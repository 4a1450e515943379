"""Between Textual and the terminal: what is sent, when, how much of it, and how the terminal is given back."""
