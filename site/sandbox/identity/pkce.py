"""Proof Key for Code Exchange (RFC 7636), which the provider underneath leaves out.

A client that sends a challenge must prove itself with the right verifier, so that a mistake in
the client shows here and not with the first real provider.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from urllib.parse import parse_qs, urlsplit

from flask import Flask, Response, jsonify, request

AUTHORIZE_PATH = "/oauth2/authorize"
TOKEN_PATH = "/oauth2/token"  # noqa: S105 - a path
DISCOVERY_PATH = "/.well-known/openid-configuration"
# Codes that were handed out and never redeemed; nobody clicks that often.
CHALLENGES_MAX = 10_000


def require_proof(app: Flask) -> None:
    """Has `app` remember the challenge of every code and check the verifier that redeems it."""
    challenges: dict[str, str] = {}

    @app.before_request
    def refuse_unproven() -> tuple[Response, int] | None:
        if request.path == AUTHORIZE_PATH:
            return _other_method_refused()
        if request.path == TOKEN_PATH:
            return _wrong_verifier_refused(challenges.pop(request.form.get("code", ""), None))
        return None

    @app.after_request
    def remember_challenge(response: Response) -> Response:
        challenge = request.args.get("code_challenge")
        if request.path == AUTHORIZE_PATH and challenge and response.location:
            if len(challenges) >= CHALLENGES_MAX:
                challenges.clear()
            for code in parse_qs(urlsplit(response.location).query).get("code", []):
                challenges[code] = challenge
        return response

    @app.after_request
    def advertise(response: Response) -> Response:
        if request.path == DISCOVERY_PATH:
            metadata = response.get_json() | {"code_challenge_methods_supported": ["S256"]}
            response.set_data(app.json.dumps(metadata))
        return response


def _other_method_refused() -> tuple[Response, int] | None:
    if request.args.get("code_challenge") and request.args.get("code_challenge_method") != "S256":
        return _refusal("invalid_request", "Only code_challenge_method=S256 is supported.")
    return None


def _wrong_verifier_refused(challenge: str | None) -> tuple[Response, int] | None:
    digest = hashlib.sha256(request.form.get("code_verifier", "").encode()).digest()
    proven = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    if challenge and not hmac.compare_digest(proven, challenge):
        return _refusal("invalid_grant", "code_verifier does not match the challenge.")
    return None


def _refusal(error: str, description: str) -> tuple[Response, int]:
    return jsonify(error=error, error_description=description), 400
