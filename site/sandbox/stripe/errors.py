"""Refusals, in the shape from which the SDK picks its exception class.

https://docs.stripe.com/api/errors and https://docs.stripe.com/error-codes
"""

from collections.abc import Sequence
from typing import Any

INVALID_REQUEST = "invalid_request_error"
# Kinds that Stripe's messages spell otherwise than its objects do.
NAMES = {
    "checkout.session": "checkout session",
    "payment_method": "PaymentMethod",
    "promotion_code": "promotion code",
    "setup_intent": "setupintent",
}


class StripeError(Exception):
    def __init__(
        self,
        message: str,
        *,
        status: int = 400,
        kind: str = INVALID_REQUEST,
        code: str | None = None,
        param: str | None = None,
        details: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.status = status
        self.kind = kind
        self.code = code
        self.param = param
        self.details = details or {}

    def body(self) -> dict[str, Any]:
        error = {"message": self.message, "type": self.kind, **self.details}
        if self.code:
            error["code"] = self.code
            error["doc_url"] = doc_url(self.code)
        if self.param:
            error["param"] = self.param
        return {"error": error}


class CardError(StripeError):
    """An issuer's refusal. Unlike other refusals it happened: what it left behind is kept."""


def card_error(error: dict[str, Any], **subject: Any) -> CardError:
    """The answer to a request whose payment was refused with `error`, as `subject` shows it."""
    details = {k: error[k] for k in ("charge", "decline_code", "payment_method") if k in error}
    return CardError(
        error["message"],
        status=402,
        kind=error["type"],
        code=error["code"],
        details=details | subject,
    )


def doc_url(code: str) -> str:
    return f"https://stripe.com/docs/error-codes/{code.replace('_', '-')}"


def unknown_parameters(paths: Sequence[str]) -> StripeError:
    noun = "parameter" if len(paths) == 1 else "parameters"
    message = f"Received unknown {noun}: {', '.join(paths)}"
    return StripeError(message, code="parameter_unknown", param=paths[0])


def missing_parameter(path: str) -> StripeError:
    return StripeError(f"Missing required param: {path}.", code="parameter_missing", param=path)


def empty_parameter(path: str) -> StripeError:
    message = (
        f"You passed an empty string for '{path}'. We assume empty values are an attempt to unset "
        f"a parameter; however '{path}' cannot be unset. You should remove '{path}' from your "
        "request or supply a non-empty value."
    )
    return StripeError(message, code="parameter_invalid_empty", param=path)


def invalid_integer(path: str, message: str) -> StripeError:
    return StripeError(message, code="parameter_invalid_integer", param=path)


def invalid_value(path: str, message: str) -> StripeError:
    return StripeError(message, param=path)


def one_only(*names: str) -> StripeError:
    message = f"You may only specify one of these parameters: {', '.join(names)}."
    return StripeError(message, param=names[0])


def unexpected_state(message: str, intent: dict[str, Any]) -> StripeError:
    """A verb that the status of `intent` does not allow."""
    code = f"{intent['object']}_unexpected_state"
    return StripeError(message, code=code, details={intent["object"]: intent})


def no_such(kind: str, object_id: str, *, param: str = "id") -> StripeError:
    message = f"No such {NAMES.get(kind, kind)}: '{object_id}'"
    status = 404 if param == "id" else 400
    return StripeError(message, status=status, code="resource_missing", param=param)


def supported_only(params: dict[str, Any], names: frozenset[str]) -> None:
    """Refuse what the SDK can send and this stand-in does not play."""
    for name in params:
        if name not in names:
            raise unsupported(name)


def unsupported(path: str) -> StripeError:
    """Stripe could do this and the stand-in cannot; saying so beats pretending."""
    return StripeError(f"This stand-in for Stripe does not support `{path}`.", param=path)
