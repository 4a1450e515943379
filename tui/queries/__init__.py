"""Questions in PromQL: the box in which they are asked, the table of the answer, and its curves."""
