"""Service level objectives: windows, error budgets, burn rates, and what there is data for. Pure."""
