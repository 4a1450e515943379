"""Plans in Markdown: GFM task lists, with what the document claims beside what its boxes show."""

from msgspec import Struct

from collectors.backlog_file import EVERY_S, BacklogFile
from config.kinds import Kind
from config.values import FilePath
from fleet.markdown.tasks import read_markdown
from fleet.ports import Probe, Reach


class MarkdownOptions(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A Markdown document with task lists.

    path: the file; a relative path is taken from the configuration's folder.
    """

    path: FilePath


def _build(options: MarkdownOptions, reach: Reach) -> Probe:
    return BacklogFile(options.path, reach, read_markdown)


KIND: Kind[Probe] = Kind("markdown", MarkdownOptions, _build, every_s=EVERY_S)
