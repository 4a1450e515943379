"""`fleetdeck config validate` reads the SLO files that a configuration names."""

from pathlib import Path

from click.testing import CliRunner

from cli.main import main


def test_a_wrong_slo_file_makes_the_configuration_wrong(tmp_path: Path) -> None:
    (tmp_path / "slos.yaml").write_text("apiVersion: openslo/v2\nkind: SLO\n", encoding="utf-8")
    config = tmp_path / "fleetdeck.yaml"
    config.write_text("name: staging\nslo_files: [slos.yaml]\n", encoding="utf-8")
    done = CliRunner().invoke(main, ["config", "validate", str(config)])
    assert done.exit_code == 2
    assert "not a format that is read here" in done.output
    assert "ok:" not in done.stdout


def test_objectives_and_gates_are_counted(tmp_path: Path) -> None:
    config = tmp_path / "fleetdeck.yaml"
    config.write_text(
        'name: staging\nslos: [{name: a, objective: 99%, availability: true}]\ngates: {g: {expr: up, target: ">1"}}\n',
        encoding="utf-8",
    )
    done = CliRunner().invoke(main, ["config", "validate", str(config)])
    assert done.exit_code == 0, done.output
    assert "0 backlogs, 1 objective, 1 gate" in done.output
