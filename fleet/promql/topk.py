"""The k largest or smallest of a group, chosen among equal values as Prometheus chooses them.

It keeps a binary heap with the worst of the chosen on top, which goes when a better one comes (NaN whatever comes), so
which of several equal elements stay is decided by the heap's moves. These are those of Go's `container/heap`.
"""

from collections.abc import Callable, Sequence
from math import isnan

Entry = tuple[float, int]
"""(value, place in the vector)"""
Less = Callable[[float, float], bool]


def _smaller(one: float, other: float) -> bool:
    return isnan(one) or one < other


def _larger(one: float, other: float) -> bool:
    return isnan(one) or one > other


def chosen(values: Sequence[float], places: Sequence[int], k: int, largest: bool) -> list[int]:
    """The places of the `k` largest (or smallest) of `values` at `places`, best first; NaN is the worst."""
    less = _smaller if largest else _larger
    heap = [(values[place], place) for place in places[:1]]
    for place in places[1:]:
        value = values[place]
        if len(heap) < k:
            heap.append((value, place))
            _up(heap, less)
        elif less(heap[0][0], value):
            _pop(heap, less)
            heap.append((value, place))
            _up(heap, less)
    numbers = [entry for entry in heap if not isnan(entry[0])]
    numbers.sort(key=lambda entry: entry[0], reverse=largest)
    return [place for _, place in numbers] + [place for value, place in heap if isnan(value)]


def _up(heap: list[Entry], less: Less) -> None:
    place = len(heap) - 1
    while place:
        parent = (place - 1) // 2
        if not less(heap[place][0], heap[parent][0]):
            return
        heap[place], heap[parent] = heap[parent], heap[place]
        place = parent


def _pop(heap: list[Entry], less: Less) -> None:
    heap[0], heap[-1] = heap[-1], heap[0]
    heap.pop()
    _down(heap, less)


def _down(heap: list[Entry], less: Less) -> None:
    place, size = 0, len(heap)
    while (child := 2 * place + 1) < size:
        if child + 1 < size and less(heap[child + 1][0], heap[child][0]):
            child += 1
        if not less(heap[child][0], heap[place][0]):
            return
        heap[place], heap[child] = heap[child], heap[place]
        place = child
