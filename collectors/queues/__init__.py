"""The kinds of task queue, one a file, each exporting `KIND` (`config.kinds.Kind[Probe]`)."""
