"""What the kinds of submitting share: texts with placeholders, the reading of answers, and what is seen of a task at
its target. The kinds themselves stand in `actions/tasks/`, one file each."""
