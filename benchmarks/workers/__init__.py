"""Programs that a benchmark runs in processes of their own, so that their CPU can be told apart."""
