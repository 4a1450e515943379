"""`rate` over 10,000 series, beside a real Prometheus on the same samples, and how it grows with the number of series.

Every series has 20 samples in the range, one each 15 s, 20 series a target, as they come from scraping. fleetdeck has
them in its store of samples, Prometheus in its head block, by remote write. Both are asked for `sum(rate(x[5m]))`: the
answer is one number, so that nothing but evaluating counts; the answers are compared. CPU: of this process around each
evaluation, the median; of Prometheus around thirty queries, divided by their number.

Where the time goes: the same evaluation is done in its parts, reading the samples and computing rates; the remainder
is the labels and the sum.
"""

import json
import math
import time
import urllib.request
from array import array
from collections.abc import Callable
from pathlib import Path
from statistics import median
from urllib.parse import urlencode

from benchmarks.process import fine_cpu_s
from benchmarks.row import Figure, Figures, Row, Topic
from fleet.promql.evaluate import instant
from fleet.promql.function import Window
from fleet.promql.functions.rates import rate
from fleet.promql.labels import Labels
from fleet.promql.parse import Query, parse
from fleet.promql.storage import Matcher, MatchOp, Series
from fleet.samples.samples import Samples
from tests.fleet.promql.oracle.remote_write import write
from tests.real_prometheus import RealPrometheus, prometheus_binary

SERIES = 10_000
SIZES = (1_000, SERIES, 100_000)
_SAMPLES = 20
_EVERY_MS = 15_000
_PER_TARGET = 20
_BEGIN_MS = 1_700_000_000_000
_AT_MS = _BEGIN_MS + (_SAMPLES - 1) * _EVERY_MS
_QUERY = "sum(rate(work_total[5m]))"
_OURS, _THEIRS = 7, 30
_AT_ONCE = 2_000
_MATCHERS = (Matcher("__name__", MatchOp.EQUAL, "work_total"),)


def measure(folder: Path) -> Figures:
    """Both costs, their ratio, and the growth."""
    query = parse(_QUERY)
    costs = {size: _own(query, _filled(size), size) for size in SIZES}
    own = costs[SERIES]
    theirs = _prometheus(folder, query) if prometheus_binary() else None
    each = {size: cost / size * 1e3 for size, cost in costs.items()}
    return {
        "rate": Figure(own, _parts(_filled(SERIES), own)),
        "prometheus": Figure(theirs, "" if theirs else "no prometheus here; `make servers` gets one"),
        "of-prometheus": Figure(theirs and own / theirs),
        "linear": Figure(
            each[SIZES[-1]] / each[SIZES[0]], ", ".join(f"{size:,}: {cost:.1f} ms" for size, cost in costs.items())
        ),
    }


def _labels(number: int) -> Labels:
    target, series = divmod(number, _PER_TARGET)
    return Labels.of({"__name__": "work_total", "instance": f"agent-{target}", "kind": f"k{series}"})


def _value(number: int, sample: int) -> float:
    return float(number % 17 + sample * (1 + number % 5))


def _filled(size: int) -> Samples:
    samples = Samples()
    samples.want("benchmark", parse(_QUERY).wanted)
    for target in range(size // _PER_TARGET):
        numbers = range(target * _PER_TARGET, (target + 1) * _PER_TARGET)
        labels = tuple(map(_labels, numbers))
        for sample in range(_SAMPLES):
            values = array("d", [_value(number, sample) for number in numbers])
            samples.add_row(f"agent-{target}", _BEGIN_MS + sample * _EVERY_MS, labels, values)
    return samples


def _own(query: Query, samples: Samples, size: int) -> float:
    """Milliseconds of CPU of an evaluation."""

    def evaluated() -> None:
        if instant(query, samples, _AT_MS).value.values[0] <= 0:  # type: ignore[union-attr]
            raise RuntimeError(f"no rate over {size:,} series")

    return _cpu_ms(evaluated)


def _cpu_ms(work: Callable[[], object]) -> float:
    work()
    spent = []
    for _ in range(_OURS):
        before = time.process_time()
        work()
        spent.append(time.process_time() - before)
    return median(spent) * 1e3


def _parts(samples: Samples, whole: float) -> str:
    from_ms = _AT_MS - 300_000
    read = _cpu_ms(lambda: list(samples.range(_MATCHERS, from_ms, _AT_MS)))
    series = list(samples.range(_MATCHERS, from_ms, _AT_MS))
    window = Window(from_ms, _AT_MS, _AT_MS)
    rates = _cpu_ms(lambda: [rate(times, values, window, ()) for _, times, values in series])
    return f"reading {read:.1f} ms, rates {rates:.1f} ms, labels and sum {max(0.0, whole - read - rates):.1f} ms"


def _prometheus(folder: Path, query: Query) -> float:
    """Milliseconds of CPU of a query in Prometheus, which must give the same answer."""
    with RealPrometheus("", folder, "--web.enable-remote-write-receiver") as server:
        times = range(_BEGIN_MS, _AT_MS + 1, _EVERY_MS)
        series = [Series(_labels(n), times, [_value(n, sample) for sample in range(_SAMPLES)]) for n in range(SERIES)]
        for start in range(0, SERIES, _AT_ONCE):
            write(server.url, series[start : start + _AT_ONCE])
        _same(_asked(server.url), query)
        time.sleep(2)  # what taking the samples in left behind is cleared away in the meantime
        before = fine_cpu_s(server.pid)
        for _ in range(_THEIRS):
            _asked(server.url)
        return (fine_cpu_s(server.pid) - before) / _THEIRS * 1e3


def _asked(url: str) -> float:
    asked = urlencode({"query": _QUERY, "time": _AT_MS / 1000})
    with urllib.request.urlopen(f"{url}/api/v1/query?{asked}", timeout=30) as answer:
        return float(json.load(answer)["data"]["result"][0]["value"][1])


def _same(theirs: float, query: Query) -> None:
    own = instant(query, _filled(SERIES), _AT_MS).value.values[0]  # type: ignore[union-attr]
    if not math.isclose(own, theirs, rel_tol=1e-9):
        raise RuntimeError(f"fleetdeck says {own}, Prometheus {theirs}")


TOPIC = Topic(
    name="promql",
    measure=measure,
    rows=(
        Row(id="promql/rate", what="CPU of `rate(x[5m])` over 10,000 series: fleetdeck", unit="ms"),
        Row(id="promql/prometheus", what="CPU of `rate(x[5m])` over 10,000 series: Prometheus", unit="ms"),
        Row(id="promql/of-prometheus", what="the same, of Prometheus's", unit="×", at_most=20),
        Row(
            id="promql/linear",
            what="CPU a series of `rate(x[5m])` over 100,000 series, of that over 1,000 (linear)",
            unit="×",
            at_most=1.5,
        ),
    ),
)
