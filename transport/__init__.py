"""How fleetdeck touches the outside: HTTP, files, Redis. One module a library, each translating that library's errors
into `fleet.errors.OutsideError`. Used by `agents_registry` and `collectors`, which never import each other."""
