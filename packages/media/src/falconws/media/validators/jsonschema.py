"""JSON Schema, by the jsonschema package: ``pip install falconws-media[jsonschema]``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..errors import PayloadInvalidError
from ..missing import import_extra

__all__ = ("SchemaValidator",)

# jsonschema's sentences quote what does not fit, which may be all that a peer has sent.
_MAX_QUOTED = 500


class SchemaValidator:
    """Says whether objects are what a schema describes.

    It is for objects of any origin, such as the messages of a WebSocket; what a responder
    receives and sends is checked by `falconws.core.validators.jsonschema.validate`.
    """

    def __init__(self, schema: Mapping[str, Any] | bool) -> None:
        """Take a schema.

        Args:
            schema: Of the dialect that its ``$schema`` names; of the newest that jsonschema
                knows if it names none. Formats such as ``date`` are checked too.

        Raises:
            jsonschema.SchemaError: It is no schema.
            RuntimeError: jsonschema is not installed.
        """
        jsonschema = import_extra("jsonschema", "Schemas")
        self._best_match = jsonschema.exceptions.best_match
        kind = jsonschema.validators.validator_for(schema)
        kind.check_schema(schema)
        self._validator = kind(schema, format_checker=jsonschema.FormatChecker())

    def check(self, media: object) -> None:
        """Accept an object, or raise an error.

        Args:
            media: Made of dictionaries, lists, strings and numbers.

        Raises:
            PayloadInvalidError: It is not what the schema describes; the message says what
                does not fit, and where.
        """
        # Not raised where the library's error is at hand, which keeps the payload alive.
        detail = self._fault(media)
        if detail:
            raise PayloadInvalidError("JSON", detail)

    def _fault(self, media: object) -> str:
        try:
            error = self._best_match(self._validator.iter_errors(media))
        # A schema that contains itself goes as deep as a payload.
        except RecursionError:
            return "Too deeply nested"
        if error is None:
            return ""
        message: str = error.message
        if len(message) > _MAX_QUOTED:
            # What is wrong with it stands behind the value that is quoted.
            half = _MAX_QUOTED // 2
            message = f"{message[:half]} ... {message[-half:]}"
        return (
            message if error.json_path == "$" else f"{message} - at `{error.json_path}`"
        )
