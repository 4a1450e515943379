"""The kinds of backlog document, one a file, each exporting `KIND` (`config.kinds.Kind[Probe]`)."""
