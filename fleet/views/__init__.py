"""What each view shows, as data: its rows, columns, output fields, order, and what counts as a fault.

The dashboard draws these, `fleetdeck get` prints them, `screenshot` renders them; none of them knows a row's type.
One module a view, each exporting `VIEW`.
"""
