"""The frame round every view: tabs and title above, prompt and keys below."""
