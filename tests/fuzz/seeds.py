"""Well-formed documents of every kind that is read, for mutations to begin with."""

import json

EXPOSITION = [
    b"# HELP up Whether it is up.\n# TYPE up gauge\nup 1\n",
    b'# TYPE t_total counter\nt_total{a="b",c="d\\"e\\\\f\\n"} 1.5e3 1700000000000\nt_total{a="x"} NaN\n',
    b'{"a quoted name",b="c"} 1\n# HELP "a quoted name" with help\n',
    b'h_bucket{le="0.1"} 1\nh_bucket{le="+Inf"} 2\nh_sum 3\nh_count 2\n',
    b'# TYPE a counter\n# UNIT a_s s\na_total{x="y"} 1 1.5 # {t="u"} 2 3\n# EOF\n',
    b'agent_status{agent_name="planner",agent_type="x"} 1\nagent_tasks_queued{agent_name="planner"} 4\n',
]
OPENMETRICS = [
    b'# HELP a help\n# TYPE a counter\na_total{x="y"} 1 # {t="u"} 2 3\n# EOF\n',
    b"# TYPE b_seconds gauge\n# UNIT b_seconds seconds\nb_seconds 1.5 1700000000.5\n# EOF\n",
    b'# TYPE h histogram\nh_bucket{le="1.0"} 1\nh_bucket{le="+Inf"} 2\nh_count 2\nh_sum 3\n# EOF\n',
]
HEALTH = [
    json.dumps(
        {
            "ok": True,
            "status": "healthy",
            "timestamp": 1795265411.9,
            "uptime": True,
            "issues": ["Low disk"],
            "dependencies": {"db": {"available": False}},
            "system": {"cpu_percent": 4.8},
        }
    ).encode(),
    b'{"status":"UP","components":{"db":{"status":"DOWN","details":{"error":"x"}}}}',
    b'{"status":"warn","checks":{"cpu:load":[{"status":"fail","output":"high","time":"2026-01-01T00:00:00Z"}]}}',
    b"[+]ping ok\n[-]etcd failed: reason withheld\nhealthz check failed\n",
    b"ok",
    b'"SERVING"',
    b'{"result":{"health":"ok","ready":false},"version":"1.2"}',
]
AGENTS = [
    b'{"planner":{"status":"running","last_seen":1770000000,"pid":41},"last_update":1}',
    b'{"agents":{"coder":{"name":"coder","type":"testing","status":"idle","tasks_queued":"3"}},"version":2}',
    b'[{"id":7,"name":"a","capabilities":["x","y"],"restart_count":2},"b",{"name":"a","id":8}]',
    b'{"agents":[{"name":"a","memory_usage":85.5,"cpu_usage":12.5}]}{"rest": 1}',
    b'{"ok":true,"agents":{"total_agents":2,"registered_agents":["a","b"],"controller_details":[{"agent":"a","project":"p","last_heartbeat":1.5}]}}',
]
TASKS = [
    b'{"tasks":[{"id":"1","title":"t","status":"queued","created":1700000000},{"id":2,"state":"running","agent":"a"}],"completed":[],"failed":[]}',
    b'[{"id":"1","command":"c","priority":"5","success":"false","started_at":"2026-01-01","completed_at":"2026-01-01"}]',
    b'{"tasks":[{"headers":{"id":"x","task":"y"},"stderr":"boom","retries":3}],"completed":[{"id":"1"},{"id":"1"}]}',
]
TARGETS = [
    b'[{"targets":["10.0.0.1:9100","[::1]:9"],"labels":{"env":"prod","agent_name":"a","__health_path__":"/h"}}]',
    b'[{"targets":["h:1"],"labels":{"__scheme__":"https","__param_x":"y","__scrape_interval__":"1m30s","__metrics_path__":"/m"}}]',
]
TARGETS_YAML = [
    b"- targets: ['10.0.0.1:9100']\n  labels: {env: prod, agent_name: &n a}\n"
    b"- targets: [*n]\n  labels: {<<: {x: 'y'}}\n",
    b"---\n- targets:\n  - h:1\n  labels:\n    __scheme__: https\n    a: |\n      text\n",
]
MARKDOWN = [
    b"# Plan (50 % complete)\n\n## Phase 1: COMPLETE\n- [x] Task 1.1 write\n  - [ ] nested\n  Status: DONE\n\n"
    b"```\n- [ ] sample\n```\n"
    b"| Phase | Tasks | Done |\n|---|---|---|\n| Total | 10 | 4 |\n\nProgress: 44,310 of 20,019 TODO items processed\n",
    b"* [X] a\n1. [ ] b\n> - [ ] quoted\n~~~~\nopen\n",
]
CSV = [
    b'id,title,status\n1,"a, b",done\n2,"c ""d""",open\n1,x,done\n',
    "\ufeffid;status\n1;done\n".encode(),
    b"id\tstatus\n1\tdone\textra\n",
]
TODOS = [
    b'{"total":2,"completed":1,"todos":[{"id":"a","title":"x","status":"done"},{"file":"f","line":3,"text":"t"}]}',
    b'{"id":"1","status":"open"}\n{"id":"2","status":"closed"}\n',
    b"(A) 2025-01-01 Call +home @phone due:2025-02-01\nx 2025-01-03 done\n",
]
PROGRESS = [
    b'{"total_todos":100,"processed":40,"successful":39,"failed":1,"batches_completed":4,"current_batch":5,"start_time":"2026-01-01T00:00:00"}'
]
ANALYTICS = [
    b'{"ok":true,"analytics":{"total_tasks":3,"queued_tasks":1,"running_tasks":0,"completed_tasks":1,"failed_tasks":1,"success_rate":33.3,'
    b'"recent_tasks":[{"id":"1","agent":"a","command":"c","status":"success"}]}}',
    b'{"queued":1,"running":2,"completed":3,"failed":4}',
]
CONFIG = [
    b"name: fleet\nevery: 5s\nlimits: {body_bytes: 2048}\nprobes: {health: {every: 1m, down_after: 3}}\n",
    b"discovery:\n- {kind: static, agents: [{name: a, health: 'http://127.0.0.1:1/h', labels: {x: 'y'}}]}\n"
    b"- kind: file_sd\n  files: [a.json]\n",
    b"queues: [{kind: redis_list, url: 'redis://h/0', key: k, password: {env: P}}]\n"
    b"backlog:\n- &b {kind: csv, path: a.csv, status_column: s, done: [done]}\n",
]
REDIS = [
    b"*2\r\n$5\r\nhello\r\n:1\r\n", b"+list\r\n", b"$-1\r\n", b"*-1\r\n", b":42\r\n", b"-WRONGTYPE x\r\n", b"*0\r\n",
    b"*1\r\n*2\r\n$3\r\n1-0\r\n*2\r\n$1\r\na\r\n$1\r\nb\r\n", b"$3\r\nabc\r\n", b"+stream\r\n", b"+QUEUED\r\n",
    b"+OK\r\n",
]  # fmt: skip


def resp(value: object) -> bytes:
    """A value as Redis answers it (RESP 2)."""
    if isinstance(value, list):
        return b"*%d\r\n" % len(value) + b"".join(map(resp, value))
    if isinstance(value, int):
        return b":%d\r\n" % value
    if isinstance(value, bytes):
        return b"$%d\r\n%s\r\n" % (len(value), value)
    return b"$-1\r\n" if value is None else f"+{value}\r\n".encode()


_JOB = b'{"id":"1","title":"t","status":"queued"}'
_INFO = [b"length", 2, b"entries-added", 3, b"first-entry", [b"1-0", [b"a", b"b"]]]
_GROUP = [b"name", b"g", b"consumers", 1, b"pending", 1, b"last-delivered-id", b"1-0", b"entries-read", 2, b"lag", 1]
REDIS_LIST = [
    *map(resp, ["list", "list", "OK", "QUEUED", "QUEUED", [2, 1], [_JOB, b"plain"], [_JOB]]),
]
"""The answers to one look at a list and the one beside it, in their order."""
REDIS_STREAM = [
    *map(resp, ["stream", "OK", "QUEUED", "QUEUED", [_INFO, [_GROUP]], [[b"2-0", [b"data", _JOB]]]]),
    *map(resp, [[[b"1-0", b"worker", 5000, 2]], [[b"1-0", [b"job_id", b"7"]]], [b"0", [b"job:1"]]]),
    resp([b"1", b"ingest", b"queued", b"4", b"4", b"1700000000", None, None, b"boom"]),
]
"""The answers to one look at a stream, its group and its jobs."""
TOKENS = [
    b"\x00", b"\x1b]52;c;x\x07", b"\xff\xfe", b"\xed\xa0\x80", b"\xc2\x9b", "\u202e".encode(), b"\\ud800", b'"',
    b"'", b"{", b"}", b"[", b"]",
    b",", b":", b"\n", b"\r", b"\t", b"-", b"&a ", b"*a ", b"<<: ", b"!!x ", b"? ", b"| ", b"# ", b"\\", b"1e999",
    b"NaN", b"-Infinity",
    b"9" * 40, b"9" * 5000, b"0x", b"null", b"true", b"[" * 200, b'{"a":' * 200, b"- [ ] ", b"```", b"%s",
    b"\xef\xbb\xbf", b"PK\x03\x04",
    b"<html>", b"\x1f\x8b", b"$-1\r\n", b"*1000000\r\n", b"$99999999999\r\n", b":", b"inf", b"e\xcc\x81" * 20,
    b"a" * 3000, b" " * 3000,
]  # fmt: skip
"""What mutations put in: pieces that readers trip over."""
