"""What an agent answers over HTTP: its health as JSON and its metrics as Prometheus text 0.0.4, both pure.

Metric names are those that the fleets use (`agent_*`), the OpenTelemetry GenAI token histogram in its Prometheus
spelling, and the usual `process_*`.
"""

import json
from datetime import datetime

from demo_fleet.scenario import Effect
from demo_fleet.world import AgentNow
from fleet.times import rfc3339

METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8"

_BOUNDS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
_QUICK_SHARE = (0.12, 0.45, 0.81, 0.985, 0.992, 0.998, 1.0)
_SLOW_SHARE = (0.0, 0.0, 0.02, 0.08, 0.31, 0.83, 0.99)
_QUICK_MEAN_S = 0.17
_SLOW_MEAN_S = 1.72
_TOKEN_BOUNDS = (256, 1024, 4096, 16384)
_INPUT_SHARE = (0.06, 0.27, 0.79, 0.99)
_OUTPUT_SHARE = (0.38, 0.92, 0.995, 1.0)


def health(agent: AgentNow, now: datetime) -> tuple[int, str]:
    """Status and JSON body of `/health`: what the agent *says* of itself, which need not be so."""
    word, status, extra = _claim(agent)
    body: dict[str, object] = {
        "status": word,
        "agent": agent.name,
        "version": agent.labels["version"],
        "timestamp": rfc3339(now),
        "uptime_seconds": round(agent.uptime_s, 1),
        "tasks": {
            "queued": agent.queued,
            "processing": agent.processing,
            "completed": agent.completed,
            "failed": agent.failed,
        },
    }
    return status, json.dumps(body | extra)


def _claim(agent: AgentNow) -> tuple[str, int, dict[str, object]]:
    if Effect.DEGRADED in agent.effects:
        issues = ["model server overloaded: answers take 1.7 s, the limit is 0.5 s"]
        return "degraded", 503, {"issues": issues, "checks": {"model_server": "degraded", "queue": "ok"}}
    if Effect.WAITING in agent.effects:
        question = f"approve the release of {agent.labels['role']} {agent.labels['version']} to {agent.labels['env']}"
        return "input_required", 200, {"waiting_for": question, "waiting_seconds": round(agent.stopped_s, 1)}
    return "healthy", 200, {"checks": {"model_server": "ok", "queue": "ok"}}


def metrics(agent: AgentNow, now: datetime) -> str:
    """The body of `/metrics`."""
    lines: list[str] = []
    _identity(lines, agent)
    _tasks(lines, agent)
    _response_times(lines, agent)
    _tokens(lines, agent)
    _process(lines, agent, now)
    lines.append("")
    return "\n".join(lines)


def _head(lines: list[str], name: str, kind: str, text: str) -> None:
    lines.append(f"# HELP {name} {text}")
    lines.append(f"# TYPE {name} {kind}")


def _single(lines: list[str], name: str, kind: str, text: str, value: float | str) -> None:
    _head(lines, name, kind, text)
    lines.append(f"{name} {value}")


def _identity(lines: list[str], agent: AgentNow) -> None:
    _head(lines, "agent_info", "gauge", "The agent's version and role.")
    labels = agent.labels
    lines.append(f'agent_info{{agent_name="{agent.name}",role="{labels["role"]}",version="{labels["version"]}"}} 1')


def _tasks(lines: list[str], agent: AgentNow) -> None:
    _single(lines, "agent_tasks_queued", "gauge", "Tasks that wait for this agent.", agent.queued)
    _single(lines, "agent_tasks_processing", "gauge", "Tasks that it works on.", agent.processing)
    _single(lines, "agent_tasks_completed_total", "counter", "Tasks that it has done.", agent.completed)
    _single(lines, "agent_tasks_failed_total", "counter", "Tasks that it has failed.", agent.failed)
    _single(lines, "agent_cpu_usage_percent", "gauge", "CPU in percent of one core.", agent.cpu_percent)
    _single(lines, "agent_memory_usage_bytes", "gauge", "Memory in use.", agent.memory_bytes)


def _response_times(lines: list[str], agent: AgentNow) -> None:
    name = "agent_response_time_seconds"
    _head(lines, name, "histogram", "Time to answer a task's step.")
    slow = agent.slow_responses
    quick = agent.responses - slow
    for bound, quick_share, slow_share in zip(_BOUNDS, _QUICK_SHARE, _SLOW_SHARE, strict=True):
        lines.append(f'{name}_bucket{{le="{bound}"}} {int(quick * quick_share) + int(slow * slow_share)}')
    lines.append(f'{name}_bucket{{le="+Inf"}} {agent.responses}')
    lines.append(f"{name}_sum {quick * _QUICK_MEAN_S + slow * _SLOW_MEAN_S:.3f}")
    lines.append(f"{name}_count {agent.responses}")


def _tokens(lines: list[str], agent: AgentNow) -> None:
    name = "gen_ai_client_token_usage"
    _head(lines, name, "histogram", "Tokens used per call of a model.")
    kinds = (("input", _INPUT_SHARE, agent.input_tokens), ("output", _OUTPUT_SHARE, agent.output_tokens))
    for kind, shares, total in kinds:
        label = f'gen_ai_request_model="demo-large",gen_ai_token_type="{kind}"'
        for bound, share in zip(_TOKEN_BOUNDS, shares, strict=True):
            lines.append(f'{name}_bucket{{{label},le="{bound}"}} {int(agent.responses * share)}')
        lines.append(f'{name}_bucket{{{label},le="+Inf"}} {agent.responses}')
        lines.append(f"{name}_sum{{{label}}} {total}")
        lines.append(f"{name}_count{{{label}}} {agent.responses}")


def _process(lines: list[str], agent: AgentNow, now: datetime) -> None:
    started = now.timestamp() - agent.uptime_s
    _single(lines, "process_start_time_seconds", "gauge", "When the process started.", f"{started:.2f}")
    cpu_s = agent.uptime_s * 0.31
    _single(lines, "process_cpu_seconds_total", "counter", "CPU time used.", f"{cpu_s:.2f}")
    _single(lines, "process_resident_memory_bytes", "gauge", "Resident memory.", agent.memory_bytes)
    _single(lines, "process_open_fds", "gauge", "Open file descriptors.", 18 + agent.queued + agent.processing)
