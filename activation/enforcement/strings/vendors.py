"""Whether a TC string lets a vendor pursue purposes, under the vendor list that the string was made by."""

from activation.decisions.register import TcfTerms


def may_process(text: str, terms: TcfTerms) -> bool:
    """Return whether the string lets the vendor pursue each purpose on some basis. Unknown means no."""
    return False
