"""Quality gates: an expression, a target such as `<500ms` or `203/203 passing`, and whether it holds. Pure."""
