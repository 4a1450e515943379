"""Acting from the keyboard: the one dialog that every plan is confirmed in, the forms of tasks, the page of an act, the
freeze. Nothing here sends anything: it asks `fleet.actions.ports.Acting`, and shows what the store says came of it."""
