"""The API through which an operator sees the demo's services and rolls them, and gives tasks to its board.

`GET /services` → `{"services": [name]}`; `GET /services/NAME/revisions`; `POST /services/NAME/roll`; `/tasks` as in
`task_board`. The key of an intent stands in the body (`key`) or in the header `Idempotency-Key`. Errors are
`{"error": sentence}`.
"""

from collections.abc import Callable

from demo_fleet.http_api import ApiReply, body_of
from demo_fleet.moment import Moment
from demo_fleet.routes import Request
from demo_fleet.services import RolledWrongError, Services
from demo_fleet.task_board import TaskBoard


class ServiceApi:
    """The routes, over the services and the board."""

    def __init__(self, services: Services, board: TaskBoard, moment: Callable[[], Moment]) -> None:
        self._services = services
        self._board = board
        self._moment = moment

    async def handle(self, request: Request) -> ApiReply:
        """The reply to a request."""
        path, _, query = request.path.partition("?")
        try:
            body = body_of(request)
        except ValueError:
            return ApiReply(400, {"error": "the body is no JSON"})
        key = request.headers.get("idempotency-key", "")[:200]
        method = "GET" if request.method == "HEAD" else request.method
        reply = self._board.answer(method, path, query, body, key)
        if reply is not None:
            return reply
        try:
            return self._service(method, path, body, key)
        except RolledWrongError as error:
            return ApiReply(error.status, {"error": str(error)})

    def _service(self, method: str, path: str, body: object, key: str) -> ApiReply:
        parts = path.strip("/").split("/")
        if parts == ["health"]:
            return ApiReply(200, {"status": "ok"})
        if parts == ["services"] and method == "GET":
            return ApiReply(200, {"services": list(self._services.names())})
        if len(parts) != 3 or parts[0] != "services" or parts[2] not in ("revisions", "roll"):
            return ApiReply(404, {"error": "no such page"})
        wanted = "GET" if parts[2] == "revisions" else "POST"
        if method != wanted:
            return ApiReply(405, {"error": f"{wanted} only"})
        if parts[2] == "revisions":
            return ApiReply(200, self._services.described(parts[1], self._moment()))
        return ApiReply(200, self._services.roll(parts[1], body, key, self._moment()))
