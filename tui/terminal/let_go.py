"""Letting go of pages that were left.

Textual holds widgets that are long gone in two places, and with them all that was drawn of them: the watchers of an
application's attributes, which are looked through only when the attribute changes (a theme may never do), and an
`lru_cache` of 1,024 results whose keys are style caches. Over a day of opening pages that was 20 MB and more.

One more module that reaches into Textual's insides; without it everything works, in more memory.
"""

from typing import Any

from textual._styles_cache import StylesCache
from textual.app import App


def let_go(app: App[Any]) -> None:
    """Forget what is kept of widgets that have ended; what is still shown is worked out again when it is drawn next.

    A page that is being left goes the next time.
    """
    StylesCache.get_inner_outer.cache_clear()
    for watchers in getattr(app, "__watchers", {}).values():
        watchers[:] = [(widget, told) for widget, told in watchers if widget.is_running]
