"""The alert pane: alerts in groups and flat, the page of one, and the sheets by which they are acknowledged, silenced,
and heard again."""
