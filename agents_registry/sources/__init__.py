"""The kinds of discovery source, one a file, each exporting `KIND` (`config.kinds.Kind[DiscoverySource]`)."""
