"""Unit tests of rules in the format of `promtool test rules`, with its verdicts. Pure: `config/rule_tests.py` reads the
files."""
