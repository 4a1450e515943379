"""Prometheus rules: groups of alerting and recording rules, their templates, and what their alerts go through.

Pure: rule files are read by `config/rule_files.py`, the time is handed in, recorded samples go to a sink.
"""
