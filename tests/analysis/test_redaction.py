"""Secrets are taken out of what is sent, and nothing takes long over it."""

import time

import pytest

from argus.analysis.redaction import redact, redacted_value

# in pieces: what looks like a secret is one to whoever scans this file
KEY = "-----BEGIN RSA PRIVATE" + " KEY-----\nMIIEow\nIBAAKC\n-----END RSA PRIVATE" + " KEY-----"
JWT = "eyJhbGciOiJIUzI1NiJ9" + ".eyJzdWIiOiIxIn0.c2lnbmF0dXJl"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("dial postgres://app:hunter2@db:5432/x", "dial postgres://[credentials]@db:5432/x"),
        ("dial amqp://app:p@ss@mq/x", "dial amqp://[credentials]@mq/x"),
        ("GET https://tok3n@git/x", "GET https://[credentials]@git/x"),
        ("Authorization: Bearer abc.def-123", "Authorization: [redacted] [token]"),
        ("Authorization: Token 9944b09199c6", "Authorization: [redacted] [token]"),
        ("authorization: denied for user ann", "authorization: [redacted] for user ann"),
        ("sent bearer abcdef123456 twice", "sent bearer [token] twice"),
        ("key sk-" + "proj-abcdefgh12345678 used", "key [token] used"),
        ("with ghp_" + "0123456789abcdefABCD", "with [token]"),
        ("AKIA" + "IOSFODNN7EXAMPLE denied", "[token] denied"),
        (f"jwt {JWT} expired", "jwt [jwt] expired"),
        ("password=hunter2, user=ann", "password=[redacted], user=ann"),
        ('{"db_password": "hun ter2", "n": 1}', '{"db_password": [redacted], "n": 1}'),
        ('{"password": "a\\"b c", "n": 1}', '{"password": [redacted], "n": 1}'),
        ('{\\"password\\":\\"a b\\",\\"n\\":1}', '{\\"password\\":[redacted],\\"n\\":1}'),
        ("password=a,b)c&d then", "password=[redacted] then"),
        ("connect(password=abc) failed", "connect(password=[redacted]) failed"),
        ("Server=db;Password=abc;Database=x", "Server=db;Password=[redacted];Database=x"),
        ("DB_PASS=abc passed: 5", "DB_PASS=[redacted] passed: 5"),
        ("AccountKey=abc==;EndpointSuffix=x", "AccountKey=[redacted];EndpointSuffix=x"),
        ("PWD: 'a b c' end", "PWD: [redacted] end"),
        ("api-key => abc", "api-key => [redacted]"),
        ("?access_key=abc&page=2", "?access_key=[redacted]&page=2"),
        ("client_secret_value=x", "client_secret_value=[redacted]"),
        ("Set-Cookie: sid=1; Path=/\nnext", "Set-Cookie: [cookie]\nnext"),
        (f"loading {KEY} done", "loading [private key] done"),
        (KEY[:-30], "[private key]"),
        (KEY.replace("RSA PRIVATE KEY", "PGP PRIVATE KEY BLOCK"), "[private key]"),
        ("mail to ann.b+c@example.co.uk bounced", "mail to [email] bounced"),
        ("order 7 failed at 10.0.0.1:8080", "order 7 failed at 10.0.0.1:8080"),
    ],
)  # fmt: skip
def test_a_secret_is_replaced_and_the_rest_stays(text: str, expected: str) -> None:
    assert redact(text) == expected


def test_a_value_under_a_telling_name_is_replaced_whole() -> None:
    assert redacted_value("", {"Api_Key": ["a", 1], "user": {"cookie": 7, "mail": "a@b.de"}}) == {
        "Api_Key": "[redacted]",
        "user": {"cookie": "[redacted]", "mail": "[email]"},
    }
    assert redacted_value("session_id", 12) == "[redacted]"
    assert redacted_value("n", 12) == 12


@pytest.mark.parametrize(
    "text",
    [
        "a" * 8000, "password" * 1000, "a@" * 4000, "a." * 4000, "eyJ" * 2600, "://" * 2600,
        "-----BEGIN PRIVATE" * 400, "token=" * 1300, '"' * 8000, "bearer " * 1100, "=" * 8000,
        "authorization: a " * 500, 'token="' + "\\" * 8000, "token=" + ",a" * 4000, "pass" * 2000,
    ],
)  # fmt: skip
def test_no_text_takes_long(text: str) -> None:
    began = time.process_time()
    redact(text)
    assert time.process_time() - began < 0.5
