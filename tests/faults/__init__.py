"""Everything that can fail, against everything that is watched: the table stands in `table.py` and, made from it, in
docs/reliability.md. One fleet with one of each kind is watched by one deck that is never restarted."""
