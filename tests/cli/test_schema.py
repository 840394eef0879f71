"""``gateway schema`` prints the schema of a team's settings, and checks the committed one."""

from __future__ import annotations

from pathlib import Path

from click.testing import CliRunner
from graphql import build_schema

from gateway.cli.main import main

TEAM = """
[[customer.attributes]]
name = "plan"
type = "enum"
values = ["free", "pro"]
description = "The customer's subscription."
"""


def test_the_schema_of_the_defaults_is_valid_and_knows_no_teams_field() -> None:
    sdl = CliRunner().invoke(main, ["schema"]).stdout
    assert "plan:" not in sdl
    assert build_schema(sdl).query_type is not None


def test_the_schema_of_a_teams_settings_has_its_fields(tmp_path: Path) -> None:
    path = tmp_path / "team.toml"
    path.write_text(TEAM, encoding="utf-8")
    sdl = CliRunner().invoke(main, ["schema", "--settings", str(path)]).stdout
    assert "plan: CallCustomerPlan" in sdl
    assert "enum CallCustomerPlan" in sdl


def test_the_check_passes_where_the_committed_schema_is_what_the_declarations_say(tmp_path: Path) -> None:
    committed = ["--committed", str(tmp_path / "schema.graphql")]
    assert CliRunner().invoke(main, ["schema", "--write", *committed]).exit_code == 0
    assert CliRunner().invoke(main, ["schema", "--check", *committed]).exit_code == 0


def test_the_check_fails_and_shows_the_difference_where_it_is_not(tmp_path: Path) -> None:
    path = tmp_path / "schema.graphql"
    CliRunner().invoke(main, ["schema", "--write", "--committed", str(path)])
    path.write_text(path.read_text(encoding="utf-8").replace("type Call ", "type Kall "), encoding="utf-8")
    result = CliRunner().invoke(main, ["schema", "--check", "--committed", str(path)])
    assert result.exit_code == 1
    assert "-type Kall implements Node {" in result.stdout
    assert "+type Call implements Node {" in result.stdout


def test_the_check_fails_where_no_schema_is_committed(tmp_path: Path) -> None:
    result = CliRunner().invoke(main, ["schema", "--check", "--committed", str(tmp_path / "none.graphql")])
    assert result.exit_code == 1
