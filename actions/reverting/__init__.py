"""What the kinds of rollbacks share: running a program to read, lists of revisions, archives, trees of files."""
