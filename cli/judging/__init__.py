"""What is wrong with a fleet, judged beside the watching of it: rules, objectives, gates, and the book of alerts."""
