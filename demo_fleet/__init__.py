"""An embedded fleet on loopback: real sockets, files and a Redis, driven by a seeded script.

    scenario    what happens when: steps as data, pure
    jobs        queues as arrivals and a few workers, pure
    world       the state of every agent, queue and backlog at a scenario time, pure
    pages       what an agent answers over HTTP, pure
    documents   what the systems write into their files, pure
    server      the agents' sockets
    coordinator the coordinator's socket, with its quirks; `ledger` holds what it knows
    releases    which revision each instance runs: the script's roll-outs, and what operators do about them
    services    groups of agents with revisions that can be rolled; `service_api` and `task_board` are its API
    orchestrator takes documents for ingestion, and misreports them as the real one does; `ingestion` checks them
    http_api    the socket of an API
    files       the writing of the documents, in place or by rename as each real system does
    broker      a redis-server child, or a configured server; `feeder` drives its queues, and
                `consumers` (a `crew` of workers) work off what others put into them
    fleet       all of it together
    serve       the fleet alone in a process
    configuration  the YAML that watches it

The script's time is seconds since the fleet started, so the same seed and the same clock give the same bytes.
"""
