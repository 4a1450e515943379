"""Which places are watched for a path, so that no way to replace a file goes unnoticed."""

from pathlib import Path

from transport.watch import Watched, places


def test_every_link_on_the_way_is_a_place(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "file").touch()
    (tmp_path / "turned").symlink_to("real")
    (tmp_path / "link").symlink_to("turned/file")
    assert places(tmp_path / "link") == [tmp_path / "link", tmp_path / "turned", tmp_path / "real" / "file"]
    watched = Watched([(tmp_path / "link", "who")])
    assert set(watched.folders()) == {tmp_path, tmp_path / "real"}
    assert watched.concerned(tmp_path / "turned") == {"who"}
    assert watched.concerned(tmp_path / "other") == set()


def test_links_that_lead_nowhere_or_round_end(tmp_path: Path) -> None:
    (tmp_path / "round").symlink_to("round")
    (tmp_path / "nowhere").symlink_to("missing/file")
    assert places(tmp_path / "round")[0] == tmp_path / "round"
    assert places(tmp_path / "nowhere") == [tmp_path / "nowhere", tmp_path / "missing" / "file"]
    assert places(tmp_path / "none" / "file") == [tmp_path / "none" / "file"]
