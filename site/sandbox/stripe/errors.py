"""Refusals, in the shape from which the SDK picks its exception class.

https://docs.stripe.com/api/errors and https://docs.stripe.com/error-codes
"""

from collections.abc import Sequence
from typing import Any

INVALID_REQUEST = "invalid_request_error"
NAMES = {"checkout.session": "checkout session"}


class StripeError(Exception):
    def __init__(
        self,
        message: str,
        *,
        status: int = 400,
        kind: str = INVALID_REQUEST,
        code: str | None = None,
        param: str | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.status = status
        self.kind = kind
        self.code = code
        self.param = param

    def body(self) -> dict[str, Any]:
        error = {"message": self.message, "type": self.kind}
        if self.code:
            error["code"] = self.code
            error["doc_url"] = f"https://stripe.com/docs/error-codes/{self.code.replace('_', '-')}"
        if self.param:
            error["param"] = self.param
        return {"error": error}


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


def no_such(kind: str, object_id: str, *, param: str = "id") -> StripeError:
    message = f"No such {NAMES.get(kind, kind)}: '{object_id}'"
    status = 404 if param == "id" else 400
    return StripeError(message, status=status, code="resource_missing", param=param)


def unsupported(path: str) -> StripeError:
    """Stripe could do this and the stand-in cannot; saying so beats pretending."""
    return StripeError(f"This stand-in for Stripe does not support `{path}`.", param=path)
