"""Settings come from the environment, then from a file; what is wrong is told with its place."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from gateway.cli.main import main
from gateway.errors import SettingsInvalid
from gateway.settings import Settings, load, unknown_variables

CANARY = "sk-canary-7c1f-never-shown"


def run(tmp_path: Path, text: str | None, *arguments: str, **environment: str) -> Result:
    """A command with this settings file and these variables."""
    options: list[str] = []
    if text is not None:
        (tmp_path / "team.toml").write_text(text, encoding="utf-8")
        options = ["--settings", str(tmp_path / "team.toml")]
    return CliRunner(env=environment).invoke(main, [*arguments, *options])


def test_a_file_gives_what_the_environment_does_not(tmp_path: Path) -> None:
    path = tmp_path / "team.toml"
    path.write_text('port = 9001\nupstream_key = "from-the-file"\n', encoding="utf-8")
    settings = load(path)
    assert settings.port == 9001
    assert settings.upstream_key is not None
    assert settings.upstream_key.get_secret_value() == "from-the-file"


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    path = tmp_path / "team.toml"
    path.write_text("port = 9001\n", encoding="utf-8")
    with CliRunner(env={"GATEWAY_PORT": "9002"}).isolation():
        assert load(path).port == 9002


def test_the_command_line_wins_over_both(tmp_path: Path) -> None:
    path = tmp_path / "team.toml"
    path.write_text("port = 9001\n", encoding="utf-8")
    with CliRunner(env={"GATEWAY_PORT": "9002"}).isolation():
        assert load(path, port=9003).port == 9003


def test_the_file_can_be_named_in_the_environment(tmp_path: Path) -> None:
    path = tmp_path / "team.toml"
    path.write_text("port = 9001\n", encoding="utf-8")
    with CliRunner(env={"GATEWAY_SETTINGS_FILE": str(path)}).isolation():
        assert load().port == 9001


@pytest.mark.parametrize("variable", ["GATEWAY_UPSTREAM_KEY", "VAPI_API_KEY"])
def test_the_upstream_key_has_two_names(variable: str) -> None:
    with CliRunner(env={"GATEWAY_UPSTREAM_KEY": None, "VAPI_API_KEY": None, variable: "k"}).isolation():
        key = load().upstream_key
    assert key is not None
    assert key.get_secret_value() == "k"


def test_the_gateways_own_name_for_the_key_wins() -> None:
    with CliRunner(env={"GATEWAY_UPSTREAM_KEY": "ours", "VAPI_API_KEY": "theirs"}).isolation():
        key = load().upstream_key
    assert key is not None
    assert key.get_secret_value() == "ours"


def test_secrets_are_in_no_repr() -> None:
    names = ("GATEWAY_UPSTREAM_KEY", "GATEWAY_IDENTITY_KEY", "GATEWAY_DATABASE_URL")
    with CliRunner(env=dict.fromkeys(names, CANARY)).isolation():
        settings = load()
    assert CANARY not in repr(settings)
    assert CANARY not in str(settings)


@pytest.mark.parametrize(
    ("text", "line", "told"),
    [
        ("port = \n", 1, "Invalid value"),
        ('log_level = "info"\nport = "abc"\n', 2, "'abc'"),
        ("\n\nnope = 1\n", 3, "no such setting"),
        ('[[customer.attributes]]\nname = "tier"\ntype = "String"\n', 1, "missing"),
        ('[[customer.attributes]]\nname = "tier"\ntype = "Strin"\ndescription = "x"\n', 3, "“Strin” is none of"),
        ('[[customer.attributes]]\nname = "a b"\ntype = "String"\ndescription = "x"\n', 2, "no camelCase name"),
        ('[[customer.attributes]]\nname = "email"\ntype = "String"\ndescription = "x"\n', 2, "already"),
        ('[[customer.attributes]]\nname = "plan"\ntype = "enum"\ndescription = "x"\n', 1, "at least one"),
        (
            '[[customer.attributes]]\nname = "tier"\ntype = "String"\ndescription = "x"\n\n'
            '[[customer.attributes]]\nname = "plan"\ndescription = "x"\ntype = "String"\nkeys = ["a..b"]\n',
            10,
            "no path",
        ),
        ('[[call.attributes]]\nname = "booked"\ntype = "Boolean"\ndescription = "x"\n', 1, "needs paths"),
        (
            '[[call.attributes]]\nname = "customerName"\ntype = "String"\ndescription = "x"\npaths = ["a"]\n',
            2,
            "“customer_name” is taken",
        ),
        ('[customer.keys]\nnope = ["x"]\n', 2, "no attribute “nope”"),
    ],
)
def test_a_wrong_file_stops_the_start_and_names_the_line(tmp_path: Path, text: str, line: int, told: str) -> None:
    result = run(tmp_path, text, "schema")
    assert result.exit_code == 2
    assert f"line {line}" in result.stderr
    assert told in result.stderr
    assert "Traceback" not in result.output


def test_a_missing_file_is_named() -> None:
    with pytest.raises(SettingsInvalid, match=r"/no/such\.toml: the settings file cannot be read"):
        load(Path("/no/such.toml"))


def test_a_wrong_variable_is_named_with_its_value(tmp_path: Path) -> None:
    result = run(tmp_path, None, "schema", GATEWAY_PORT="abc")
    assert result.exit_code == 2
    assert "GATEWAY_PORT in the environment" in result.stderr
    assert "'abc'" in result.stderr


def test_a_wrong_secret_is_named_without_its_value(tmp_path: Path) -> None:
    result = run(tmp_path, None, "schema", GATEWAY_IDENTITY_KEY="canary-short")
    assert result.exit_code == 2
    assert "GATEWAY_IDENTITY_KEY in the environment" in result.stderr
    assert "canary-short" not in result.output


@pytest.mark.parametrize(
    "environment",
    [
        {"GATEWAY_WEBHOOK_BEARER": f'{{"tokens": "{CANARY}"}}'},
        {"GATEWAY_WEBHOOK_BEARER": f'{{"tokens": [["{CANARY}"]]}}'},
        {"GATEWAY_WEBHOOK_BEARER": CANARY},
        {"GATEWAY_WEBHOOK_HMAC": f'{{"secrets": ["{CANARY}"], "algorithm": "md5"}}'},
        {"GATEWAY_WEBHOOK_HMAC": f'{{"secrets": ["{CANARY}"], "nope": "{CANARY}"}}'},
    ],
)
def test_a_wrong_secret_of_webhooks_is_named_without_its_value(tmp_path: Path, environment: dict[str, str]) -> None:
    result = run(tmp_path, None, "schema", **environment)
    assert result.exit_code == 2
    assert next(iter(environment)) in result.stderr
    assert CANARY not in result.output


def test_a_wrong_secret_of_webhooks_in_the_file_is_named_without_its_value(tmp_path: Path) -> None:
    result = run(tmp_path, f'[webhook_bearer]\ntokens = "{CANARY}"\n', "schema")
    assert (result.exit_code, "line 2" in result.stderr, CANARY in result.output) == (2, True, False)


def test_several_secrets_of_webhooks_are_parted_by_commas() -> None:
    with CliRunner(env={"GATEWAY_WEBHOOK_SECRETS": f"new-secret, {CANARY},"}).isolation():
        settings = load()
    assert [secret.get_secret_value() for secret in settings.webhook_secrets] == ["new-secret", CANARY]
    assert CANARY not in repr(settings)


def test_aliases_of_customers_come_from_the_file(tmp_path: Path) -> None:
    path = tmp_path / "team.toml"
    path.write_text('[customer.alias]\n"id:old" = "id:7"\n', encoding="utf-8")
    assert load(path).customer.alias == {"id:old": "id:7"}


def test_aliases_that_lead_back_to_themselves_stop_the_start(tmp_path: Path) -> None:
    result = run(tmp_path, '[customer.alias]\n"id:1" = "id:2"\n"id:2" = "id:1"\n', "schema")
    assert result.exit_code == 2
    assert "leads back to itself" in result.stderr


def test_gateway_settings_lists_every_setting_with_type_default_and_help() -> None:
    listed = CliRunner().invoke(main, ["settings"]).stdout
    for name, field in Settings.model_fields.items():
        nested = name in ("call", "customer", "metrics", "webhook_bearer", "webhook_hmac")
        assert (f"[{name}]" if nested else f"GATEWAY_{name.upper()}") in listed
        assert nested or str(field.description).split(maxsplit=1)[0] in listed
    assert "GATEWAY_PORT  (int, default 8000)" in listed
    assert "GATEWAY_UPSTREAM_KEY or VAPI_API_KEY  (secret, default none)" in listed


def test_every_setting_has_a_help() -> None:
    assert all(field.description for field in Settings.model_fields.values())


def test_a_variable_that_is_no_setting_is_noticed() -> None:
    environment = ["GATEWAY_PORT", "GATEWAY_UPSTREAM_KYE", "VAPI_API_KEY", "PATH"]
    assert unknown_variables(environment) == ["GATEWAY_UPSTREAM_KYE"]


@pytest.mark.parametrize(
    "variable", ["GATEWAY_JWT_CUSTOMER_CLAIM", "GATEWAY_JWT_ASSISTANTS_CLAIM", "GATEWAY_BINDING_TRUST"]
)
def test_what_says_whose_calls_are_opened_is_not_emptied_by_mistake(variable: str, tmp_path: Path) -> None:
    """As a script does whose own variable is not set; without them the calls of everybody would be opened."""
    for name in (variable, variable.lower()):
        with CliRunner(env={name: ""}).isolation(), pytest.raises(SettingsInvalid, match=f"{variable} in .* is empty"):
            load()
    result = run(tmp_path, f'{variable.lower().removeprefix("gateway_")} = ""\n', "schema")
    assert (result.exit_code, "line 1" in result.stderr) == (2, True)


def test_any_other_variable_that_is_empty_is_one_that_is_not_set() -> None:
    with CliRunner(env={"GATEWAY_PORT": "", "GATEWAY_JWT_ISSUER": ""}).isolation():
        assert (load().port, load().jwt_issuer) == (8000, None)


@pytest.mark.parametrize("stated", ["https://app.example.com/", "app.example.com", "https://App.example.com", "null"])
def test_an_origin_that_no_browser_would_send_is_told(stated: str, tmp_path: Path) -> None:
    result = run(tmp_path, None, "serve", GATEWAY_CORS_ORIGINS=f"http://localhost:3000,{stated}")
    assert result.exit_code == 2
    assert "GATEWAY_CORS_ORIGINS in the environment" in result.output
    assert "https://app.example.com" in result.output


def test_origins_are_parted_by_commas_and_an_asterisk_is_any() -> None:
    with CliRunner(env={"GATEWAY_CORS_ORIGINS": "https://app.example.com, *,http://[::1]:3000"}).isolation():
        assert load().cors_origins == ("https://app.example.com", "*", "http://[::1]:3000")
