"""All topics, in the order of the table."""

from benchmarks.row import Topic
from benchmarks.topics import (
    acting,
    alerts,
    book,
    busy,
    flush,
    idle,
    keys,
    memory,
    peers,
    promql,
    rules,
    samples,
    slos,
    start,
    sweep,
    target,
)

TOPICS: tuple[Topic, ...] = (
    target.TOPIC,
    flush.TOPIC,
    idle.TOPIC,
    keys.TOPIC,
    alerts.TOPIC,
    start.TOPIC,
    memory.TOPIC,
    busy.TOPIC,
    sweep.TOPIC,
    samples.TOPIC,
    peers.TOPIC,
    rules.TOPIC,
    slos.TOPIC,
    promql.TOPIC,
    book.TOPIC,
    acting.TOPIC,
)
