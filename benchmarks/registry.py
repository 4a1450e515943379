"""All topics, in the order of the table."""

from benchmarks.row import Topic
from benchmarks.topics import busy, flush, idle, keys, memory, peers, start, sweep, target

TOPICS: tuple[Topic, ...] = (
    target.TOPIC,
    flush.TOPIC,
    idle.TOPIC,
    keys.TOPIC,
    start.TOPIC,
    memory.TOPIC,
    busy.TOPIC,
    sweep.TOPIC,
    peers.TOPIC,
)
