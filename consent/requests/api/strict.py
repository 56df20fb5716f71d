"""Serializers that refuse fields which do not exist, at every depth, and repeat none that may be personal."""

import re
from collections.abc import Mapping
from typing import Any

from rest_framework import serializers

_FIELD_NAME = re.compile(r"[a-z_]{1,32}")


class StrictSerializer(serializers.Serializer[Any]):
    """Takes the fields it names, and no others."""

    def to_internal_value(self, data: Any) -> Any:
        """Return what was sent.

        :raises ValidationError: if there is a field that does not exist, or one is wrong.
        """
        if isinstance(data, Mapping) and (unknown := data.keys() - self.fields.keys()):
            shown = {name if _FIELD_NAME.fullmatch(name) else "(not a field's name)" for name in unknown}
            raise serializers.ValidationError(
                dict.fromkeys(sorted(shown), "There is no such field."), code="unknown_field"
            )
        return super().to_internal_value(data)
